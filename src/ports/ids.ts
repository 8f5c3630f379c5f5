/** Names nobody can guess. */
export interface Ids {
  /** A name of 22 characters from `A-Z a-z 0-9 _ -`, 128 random bits. */
  unguessable(): string;
}
