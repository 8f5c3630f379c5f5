/** Names nobody can guess. */
export interface Ids {
  /**
   * Names of a prefix are made many at a time: it should be one of few, that come often.
   * @returns `prefix` and, behind it, 22 characters from `A-Z a-z 0-9 _ -`: 128 random bits
   */
  unguessable(prefix: string): string;
}
