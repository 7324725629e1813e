import type { ChannelOptions } from '@grpc/grpc-js';
import type { XdsServerSettings } from '../crds/gateway-envoyproxy-io/envoy-gateway.ts';
import { durationMs } from '../translators/gateway-api/duration.ts';
import { bytesOf } from './infrastructure/kubernetes/quantity.ts';

const HOUR_MS = 3_600_000;
/** Where nothing is said, by chance one of these: proxies shall not come back all at once (contract B.2). */
const AGES_MS = [10 * HOUR_MS, 11 * HOUR_MS, 12 * HOUR_MS];

/** What gRPC can count to. */
const MAX_BYTES = 2 ** 31 - 1;
/** What a timer can wait, with gRPC's jitter of a tenth on top. */
const MAX_MS = Math.floor((2 ** 31 - 1) / 1.2);

/** EnvoyGateway's `xdsServer` in gRPC's words. `random` answers numbers in [0, 1). */
export function xdsChannelOptions(settings: XdsServerSettings, random: () => number = Math.random): ChannelOptions {
  const { maxConnectionAge, maxConnectionAgeGrace, maxReceiveMessageSize } = settings;
  const byChance = AGES_MS[Math.floor(random() * AGES_MS.length)] ?? HOUR_MS;
  const age = maxConnectionAge === undefined ? byChance : (durationMs(maxConnectionAge) ?? byChance);
  return {
    'grpc.max_connection_age_ms': Math.min(age, MAX_MS),
    'grpc.max_connection_age_grace_ms': Math.min(durationMs(maxConnectionAgeGrace) ?? 0, MAX_MS),
    'grpc.max_receive_message_length': receivable(maxReceiveMessageSize),
  };
}

/** The schema lets only quantities through, and a `K` of Envoy Gateway's. */
const receivable = (quantity: number | string): number => Math.min(MAX_BYTES, bytesOf(String(quantity).replace(/K$/, 'k')) ?? MAX_BYTES);
