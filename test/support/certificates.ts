import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

/** A certificate and its key, in PEM files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Makes certificates with the command `openssl`: Node can read them, but not make them. */
export class Certificates {
  constructor(private readonly path: (name: string) => string) {}

  /** One that signs others, and itself. */
  authority(name: string): Certificate {
    return this.#request(name, '-x509', '-days', '2', '-addext', 'basicConstraints=critical,CA:TRUE');
  }

  /** One for `localhost` and 127.0.0.1, or for a client. */
  signed(name: string, by: Certificate): Certificate {
    const { cert, key } = this.#request(name);
    const extensions = this.path(`${name}.ext`);
    writeFileSync(extensions, 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
    const more = ['-CA', by.cert, '-CAkey', by.key, '-CAcreateserial', '-days', '2', '-extfile', extensions];
    openssl('x509', '-req', '-in', cert, '-out', `${cert}.signed`, ...more);
    return { cert: `${cert}.signed`, key };
  }

  #request(name: string, ...more: string[]): Certificate {
    const [cert, key] = [this.path(`${name}.pem`), this.path(`${name}.key`)];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    openssl('req', ...curve, '-subj', `/CN=${name}`, '-keyout', key, '-out', cert, ...more);
    return { cert, key };
  }
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
}
