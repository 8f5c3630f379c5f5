import { BarChart } from 'echarts/charts';
import { GridComponent, MarkLineComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { Answer, Measured } from '../answer.js';
import { FIGURES, printed } from '../figures.js';
import { boundOf, signOf, type Target } from '../question.js';

use([BarChart, GridComponent, MarkLineComponent, TitleComponent, SVGRenderer]);

const WIDTH = 760;
const BAR = 36;
const FRAME = 100;
const OURS = '#c2410c';
const OTHERS = '#94a3b8';
const LIMIT = '#1e293b';

/** @returns an SVG: a bar of the judged figure for each, and a line at what was to be reached */
export function picture({ asks, contenders, judged, verdicts }: Answer): string {
  const height = FRAME + BAR * contenders.length;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  const limits = verdicts.flatMap(({ target }) => limit(target, contenders, judged));
  const highest = Math.max(
    ...contenders.map(({ medians }) => medians[judged] ?? 0),
    ...limits.map(({ xAxis }) => xAxis),
  );
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: FIGURES[judged].heading, left: 8, top: 6, textStyle: { fontSize: 13 } },
    grid: { left: 12, right: 90, top: 48, bottom: 26, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: { type: 'value', min: 0, max: highest * 1.05, axisLabel: { show: false }, splitLine: { show: false } },
    yAxis: { type: 'category', inverse: true, data: contenders.map(({ name }) => name), axisTick: { show: false } },
    series: [
      {
        type: 'bar',
        barWidth: BAR * 0.6,
        data: contenders.map(({ medians }, i) => {
          const value = medians[judged] ?? 0;
          const label = { show: true, position: 'right', formatter: printed(judged, value) };
          return { value, itemStyle: { color: i === 0 ? OURS : OTHERS }, label };
        }),
        markLine: { symbol: 'none', silent: true, lineStyle: { color: LIMIT, type: 'dashed' }, data: limits },
      },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  // For those who hear it read.
  return `${svg.replace('>', `><title>${asks}</title>`)}\n`;
}

/** Where the bar of the first one is to end. */
function limit(target: Target, contenders: readonly Measured[], judged: Answer['judged']) {
  const over = target.over === undefined ? 1 : contenders.find(({ name }) => name === target.over)?.medians[judged];
  if (over === undefined) return [];
  return [{ xAxis: boundOf(target) * over, label: { formatter: `must be ${signOf(target)}`, fontSize: 11 } }];
}
