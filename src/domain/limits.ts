/** What a broker holds at most. Bytes count each message's body and 300 bytes for the rest of it. */
export interface QueueLimits {
  readonly queueMessages: number;
  readonly queueBytes: number;
  /** Over all queues, deliveries not yet settled included. */
  readonly messages: number;
  readonly bytes: number;
}
