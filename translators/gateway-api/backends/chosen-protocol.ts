import type { BackendProtocol } from '../../ir/cluster-node.ts';

/** What is spoken to a port, where what it says of itself does not decide it. */
export type ChooseProtocol = (port: number, said: string | undefined) => BackendProtocol;

/** Undefined: whoever refers to the port does not mind. */
export const chosenProtocol = (
  protocol: BackendProtocol | ChooseProtocol | undefined,
  port: number,
  said: string | undefined,
): BackendProtocol | undefined => (typeof protocol === 'function' ? protocol(port, said) : protocol);
