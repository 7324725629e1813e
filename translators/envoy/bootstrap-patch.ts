import { clone, equals, fromJson, type JsonValue, toJson } from '@bufbuild/protobuf';
import jsonPatch, { type Operation } from 'fast-json-patch';
import { parse } from 'yaml';
import type { ProxyBootstrap } from '../../crds/gateway-envoyproxy-io/proxy-extensions.ts';
import type { JsonObject } from '../../crds/json-schema.ts';
import {
  Bootstrap_DynamicResourcesSchema,
  type Bootstrap as BootstrapMessage,
  BootstrapSchema,
} from '../../xds/proto/gen/envoy/config/bootstrap/v3/bootstrap_pb.ts';
import { XDS_CLUSTER } from './bootstrap.ts';
import { FormError, mergeForms, messageForm } from './bootstrap-form.ts';
import { check } from './check.ts';
import { ENVOY_TYPES } from './type-registry.ts';

/** A bootstrap as Envoy reads it from YAML, or why it must not be one (words that end without a full stop). */
export type PatchedBootstrap = { readonly ok: true; readonly bootstrap: JsonObject } | { readonly ok: false; readonly message: string };

/** With the names of the protos, which is what people's patches name. */
// Protobuf's JSON of a message is an object.
export const bootstrapForm = (message: BootstrapMessage): JsonObject =>
  toJson(BootstrapSchema, message, { registry: ENVOY_TYPES, useProtoFieldName: true }) as JsonObject;

/**
 * The bootstrap with the user's changes (contract B.3). Refused is what Envoy would not start with, and what would take the proxy away from its
 * control plane: other dynamic resources (but for how long the first ones are waited for) and another address of the xDS cluster.
 * @param placed `base` names the real address of the control plane, so that a whole bootstrap can be compared with it; default: yes
 */
export function patchBootstrap(
  base: BootstrapMessage,
  patch: ProxyBootstrap | undefined,
  { placed = true }: { readonly placed?: boolean } = {},
): PatchedBootstrap {
  const form = bootstrapForm(base);
  if (patch === undefined) return { ok: true, bootstrap: form };
  try {
    const bootstrap = changed(form, patch);
    const complaint = complaintOf(base, bootstrap, placed || patch.type !== 'Replace');
    return complaint === undefined ? { ok: true, bootstrap } : { ok: false, message: complaint };
  } catch (error) {
    if (error instanceof FormError) return { ok: false, message: error.message };
    throw error;
  }
}

const KEEP = (packed: unknown): unknown => packed;

function changed(base: JsonObject, { type, value, jsonPatches = [] }: ProxyBootstrap): JsonObject {
  if (type === 'JSONPatch') return asForm(operated(base, jsonPatches));
  const own = asForm(parsed(value ?? ''));
  return type === 'Merge' ? mergeForms(base, own) : own;
}

// The form of a message is an object: anything else was refused.
const asForm = (value: unknown): JsonObject => messageForm(BootstrapSchema, value, KEEP) as JsonObject;

function parsed(text: string): unknown {
  try {
    return parse(text, { logLevel: 'error' });
  } catch (error) {
    throw new FormError(`it is no YAML: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
  }
}

function operated(base: JsonObject, patches: NonNullable<ProxyBootstrap['jsonPatches']>): unknown {
  const operations = patches.map(({ op, path, from, value, jsonPath }, index) => {
    if (jsonPath !== undefined) throw new FormError(`jsonPatches[${index}].jsonPath is not supported yet; say the place by path`);
    return { op, path: path ?? '', ...(from === undefined ? {} : { from }), ...(value === undefined ? {} : { value }) };
  });
  try {
    // The schema has checked the operations; the library checks their fields.
    return jsonPatch.applyPatch(structuredClone(base), operations as Operation[], true).newDocument;
  } catch (error) {
    const index = error instanceof jsonPatch.JsonPatchError ? error.index : undefined;
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new FormError(`jsonPatches${index === undefined ? '' : `[${index}]`} does not fit: ${reason}`);
  }
}

/** An extension that we know, in the place of any: what it holds is Envoy's to judge. */
const SOME_EXTENSION = { '@type': 'type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog' };

function complaintOf(base: BootstrapMessage, form: JsonObject, comparable: boolean): string | undefined {
  const blank = messageForm(BootstrapSchema, form, () => SOME_EXTENSION);
  const message = read(blank);
  if (typeof message === 'string') return message;
  const [violation] = check(BootstrapSchema, message);
  if (violation !== undefined) return `${violation.path}: ${violation.message}`;
  return otherResources(base, message) ?? (comparable ? otherAddress(base, message) : undefined);
}

function read(form: unknown): BootstrapMessage | string {
  try {
    return fromJson(BootstrapSchema, form as JsonValue, { registry: ENVOY_TYPES }); // it came from JSON or YAML
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function otherResources(base: BootstrapMessage, message: BootstrapMessage): string | undefined {
  if (sameDynamicResources(base, message)) return undefined;
  return 'dynamic_resources must stay as they are (but for initial_fetch_timeout), or the proxy loses its control plane';
}

function otherAddress(base: BootstrapMessage, message: BootstrapMessage): string | undefined {
  const [wanted, found] = [base, message].map(xdsAddresses);
  if (wanted === found) return undefined;
  return `static_resources.clusters: exactly one must be ${XDS_CLUSTER}, with the endpoints ${wanted}; it is what the proxy gets its configuration from`;
}

function sameDynamicResources(base: BootstrapMessage, message: BootstrapMessage): boolean {
  const [wanted, found] = [base.dynamicResources, message.dynamicResources].map((resources) => {
    if (resources === undefined) return undefined;
    const copy = clone(Bootstrap_DynamicResourcesSchema, resources);
    for (const source of [copy.ldsConfig, copy.cdsConfig]) delete source?.initialFetchTimeout;
    return copy;
  });
  return wanted !== undefined && found !== undefined && equals(Bootstrap_DynamicResourcesSchema, wanted, found);
}

/** As text, to compare and to show. */
function xdsAddresses({ staticResources }: BootstrapMessage): string {
  const clusters = (staticResources?.clusters ?? []).filter(({ name }) => name === XDS_CLUSTER);
  return clusters
    .map(({ loadAssignment }) =>
      (loadAssignment?.endpoints ?? [])
        .flatMap(({ lbEndpoints }) =>
          lbEndpoints.map(({ hostIdentifier: host }) => (host.case === 'endpoint' ? addressText(host.value) : '?')),
        )
        .join(', '),
    )
    .join(' and ');
}

type Endpoint = Extract<
  NonNullable<
    NonNullable<NonNullable<BootstrapMessage['staticResources']>['clusters'][number]['loadAssignment']>['endpoints'][number]
  >['lbEndpoints'][number]['hostIdentifier'],
  { case: 'endpoint' }
>['value'];

/** A name with and without its final dot is the same. */
function addressText({ address }: Endpoint): string {
  const where = address?.address;
  if (where?.case !== 'socketAddress') return '?';
  const { address: host, portSpecifier } = where.value;
  return `${host.replace(/\.$/, '')}:${String(portSpecifier.value ?? '')}`;
}
