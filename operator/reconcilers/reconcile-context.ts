import type { ObjectKey } from '../cluster/resource-kind.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { GatewayOperator } from '../gateway-operator.ts';
import type { StatusWriter } from '../statuses/writer.ts';
import type { CloudLoader } from './cloud-loader.ts';
import type { ConditionTeller } from './condition-teller.ts';
import type { ContentLoader } from './content-loader.ts';
import type { EntryList } from './entry-list.ts';
import type { PodFollower } from './pod-follower.ts';

/** What reconcilers work with. */
export interface ReconcileContext {
  /** GatewayClasses with this controllerName are ours. */
  readonly controllerName: string;
  /** Whether this replica writes. */
  readonly leads: () => boolean;
  readonly operator: GatewayOperator;
  readonly controlPlane: ControlPlane;
  readonly writer: StatusWriter;
  readonly teller: ConditionTeller;
  readonly contents: ContentLoader;
  /** Gateways that are kept from entering the graph, or from changing there: something that they need could not be read. By key. */
  readonly kept: Set<ObjectKey>;
  /** Absent: proxies run where no cloud has addresses for them. */
  readonly cloud?: CloudLoader;
  readonly pods: PodFollower;
  /** How entries in the status of an XBackend are called; undefined: it is not known, and nothing is written there. */
  readonly entryList: () => EntryList | undefined;
}
