import { refused } from '../../ir/result.ts';
import { defineFeature } from '../policy-feature.ts';
import { unsupportedValue } from '../unsupported.ts';

/** HTTPRoute filter ExternalAuth (experimental, GEP-1494). Refused, so that no request passes unchecked. */
export const externalAuth = defineFeature<object, never>({
  owner: 'HTTPRoute',
  field: 'externalAuth',
  doc: 'Asks another service whether a request may pass. Not supported yet.',
  resolve: (_spec, { field }) =>
    refused(
      unsupportedValue(`Field ${field} is not supported yet, so the requests of this rule are answered with 500. Remove the filter.`),
    ),
  emits: {},
});
