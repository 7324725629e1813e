/** What a user got wrong, in the words of a status condition. A value, never an exception. */
export interface Problem {
  readonly type: 'Accepted' | 'ResolvedRefs' | 'Programmed' | 'Conflicted' | 'PartiallyInvalid';
  /** A reason of the Gateway API specification or of the contract (CamelCase). */
  readonly reason: string;
  /** Names the object and field, says what is wrong and what cures it. Starts with a capital, ends with a full stop. */
  readonly message: string;
}
