import { defaulted, int32, object, type Static } from '../schema.ts';

/** A share: `numerator` out of `denominator`. */
export const fraction = object(
  { denominator: defaulted(int32({ minimum: 1 }), 100), numerator: int32({ minimum: 0 }) },
  { rules: [{ rule: 'self.numerator <= self.denominator', message: 'numerator must be less than or equal to denominator' }] },
);
export type Fraction = Static<typeof fraction>;
