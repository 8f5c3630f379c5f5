/** What the user asked for can't be done as asked; the message says what was expected. The command exits with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
