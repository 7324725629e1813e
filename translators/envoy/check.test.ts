import { create, type DescMessage } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { AccessLogSchema } from '../../xds/proto/gen/envoy/config/accesslog/v3/accesslog_pb.ts';
import { type Cluster, ClusterSchema } from '../../xds/proto/gen/envoy/config/cluster/v3/cluster_pb.ts';
import { HeaderValueOptionSchema, MetadataSchema } from '../../xds/proto/gen/envoy/config/core/v3/base_pb.ts';
import { TypedExtensionConfigSchema } from '../../xds/proto/gen/envoy/config/core/v3/extension_pb.ts';
import { ThresholdTriggerSchema } from '../../xds/proto/gen/envoy/config/overload/v3/overload_pb.ts';
import {
  DirectResponseActionSchema,
  RouteActionSchema,
  RouteMatchSchema,
  RouteSchema,
  VirtualHostSchema,
} from '../../xds/proto/gen/envoy/config/route/v3/route_components_pb.ts';
import { CorsPolicySchema } from '../../xds/proto/gen/envoy/extensions/filters/http/cors/v3/cors_pb.ts';
import { DownstreamConnectionsConfigSchema } from '../../xds/proto/gen/envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections_pb.ts';
import { check } from './check.ts';
import type { MessageInit } from './message-init.ts';

function complaints<Desc extends DescMessage>(schema: Desc, init: MessageInit<Desc>): readonly string[] {
  return check(schema, create(schema, init)).map(({ path, message }) => `${path}: ${message}`);
}

const ROUTE = { case: 'directResponse', value: { status: 200 } } as const;
const PREFIX = { case: 'prefix', value: '/' } as const;

describe('a message is required', () => {
  test('where the rule says so', () => {
    expect(complaints(RouteSchema, { action: ROUTE })).toEqual(['match: is required']);
    expect(complaints(RouteSchema, { action: ROUTE, match: { pathSpecifier: PREFIX } })).toEqual([]);
  });

  test('and so is a choice', () => {
    expect(complaints(RouteSchema, { match: { pathSpecifier: PREFIX } })).toEqual([
      expect.stringMatching(/^action: one of route, redirect, .* is required$/),
    ]);
  });
});

test('nested messages are checked where they are', () => {
  expect(
    complaints(VirtualHostSchema, {
      name: 'v',
      domains: ['a'],
      routes: [{ action: ROUTE, match: { pathSpecifier: PREFIX, headers: [{ name: 'ok' }, { name: '' }] } }],
    }),
  ).toEqual(['routes[0].match.headers[1].name: must have at least 1 characters']);
});

describe('strings', () => {
  const path = (value: string) => complaints(RouteMatchSchema, { pathSpecifier: { case: 'pathSeparatedPrefix', value } });

  test.each([
    ['/foo', []],
    ['/foo/', ['path_separated_prefix: must match ^[^?#]+[^?#/]$']],
    ['/f?', ['path_separated_prefix: must match ^[^?#]+[^?#/]$']],
  ])('pattern: %s', (value, expected) => {
    expect(path(value)).toEqual(expected);
  });

  test('length in characters and in bytes', () => {
    const header = (value: string) => complaints(HeaderValueOptionSchema, { header: { key: 'k', value } });
    expect(header('x'.repeat(16_384))).toEqual([]);
    expect(header('é'.repeat(8193))).toEqual(['header.value: must have at most 16384 bytes']);
    expect(complaints(HeaderValueOptionSchema, { header: { key: '' } })).toEqual(['header.key: must have at least 1 characters']);
  });

  test('header names and values, loosely', () => {
    const header = (key: string, value: string) => complaints(HeaderValueOptionSchema, { header: { key, value } });
    expect(header('a b', 'any\tthing')).toEqual([]);
    expect(header('a\n', 'b\0')).toEqual(['header.key: must be a header name', 'header.value: must be a header value']);
  });

  test('a choice that is not taken is not checked', () => {
    expect(complaints(RouteMatchSchema, { pathSpecifier: PREFIX })).toEqual([]);
  });
});

describe('numbers', () => {
  test.each([
    [199, []],
    [200, []],
    [599, []],
    [600, ['status: must be at least 200 and below 600, is 600']],
  ])('range: status %i', (status, expected) => {
    const got = complaints(DirectResponseActionSchema, { status });
    expect(got).toEqual(status === 199 ? ['status: must be at least 200 and below 600, is 199'] : expected);
  });

  test('64 bits and wrappers', () => {
    expect(complaints(DownstreamConnectionsConfigSchema, { maxActiveDownstreamConnections: 0n })).toEqual([
      'max_active_downstream_connections: must be above 0, is 0',
    ]);
    expect(complaints(ThresholdTriggerSchema, { value: 1.5 })).toEqual([expect.stringMatching(/^value: must be at least 0 and at most 1/)]);
    const weight = (clusterWeight: number) =>
      complaints(ClusterSchema, {
        name: 'c',
        edsClusterConfig: {},
        loadAssignment: { clusterName: 'c', endpoints: [{ loadBalancingWeight: clusterWeight }] },
      });
    expect(weight(0)).toEqual(['load_assignment.endpoints[0].load_balancing_weight: must be at least 1, is 0']);
    expect(weight(1)).toEqual([]);
  });
});

test('enums know their values', () => {
  // A number that a newer or a broken writer could send.
  const broken = { ...create(ClusterSchema, { name: 'c' }), lbPolicy: 99 } as unknown as Cluster;
  expect(check(ClusterSchema, broken)).toEqual([
    { path: 'lb_policy', message: expect.stringMatching(/^must be a value of envoy.config.cluster.v3.Cluster.LbPolicy/) },
  ]);
});

test('durations', () => {
  const connect = (seconds: bigint) => complaints(ClusterSchema, { name: 'c', connectTimeout: { seconds } });
  expect(connect(1n)).toEqual([]);
  expect(connect(0n)).toEqual(['connect_timeout: must be above 0 s, is 0 s']);
});

describe('lists and maps', () => {
  test('have a least and a greatest size', () => {
    expect(complaints(VirtualHostSchema, { name: 'v' })).toEqual(['domains: must have at least 1 items, has 0']);
    const many = Array.from({ length: 1001 }, () => ({ header: { key: 'k' } }));
    expect(complaints(VirtualHostSchema, { name: 'v', domains: ['a'], requestHeadersToAdd: many })).toEqual([
      'request_headers_to_add: must have at most 1000 items, has 1001',
    ]);
  });

  test('have rules for their items', () => {
    expect(complaints(VirtualHostSchema, { name: 'v', domains: ['a\n'], requestHeadersToRemove: [''] })).toEqual([
      'domains[0]: must be a header value',
      'request_headers_to_remove[0]: must have at least 1 characters',
    ]);
  });

  test('have no item twice', () => {
    const headers = (responseHeadersToCopy: string[]) =>
      complaints(RouteActionSchema, {
        clusterSpecifier: { case: 'cluster', value: 'c' },
        internalRedirectPolicy: { responseHeadersToCopy },
      });
    expect(headers(['a', 'b'])).toEqual([]);
    expect(headers(['a', 'a'])).toEqual([
      expect.stringMatching(/^internal_redirect_policy.response_headers_to_copy: must not have an item twice/),
    ]);
  });

  test('have rules for keys', () => {
    expect(complaints(MetadataSchema, { filterMetadata: { '': {} } })).toEqual([
      'filter_metadata[""]: key must have at least 1 characters',
    ]);
  });
});

describe('Any', () => {
  test('is looked into', () => {
    const packed = anyPack(
      CorsPolicySchema,
      create(CorsPolicySchema, { allowOriginStringMatch: [{ matchPattern: { case: 'safeRegex', value: { regex: '' } } }] }),
    );
    const route = { action: ROUTE, match: { pathSpecifier: PREFIX }, typedPerFilterConfig: { cors: packed } };
    const expected = ['typed_per_filter_config["cors"].allow_origin_string_match[0].safe_regex.regex: must have at least 1 characters'];
    expect(complaints(RouteSchema, route)).toEqual(expected);
    // The second time from memory, at another place.
    expect(complaints(VirtualHostSchema, { name: 'v', domains: ['a'], typedPerFilterConfig: { cors: packed } })).toEqual(expected);
  });

  test('is required where an extension is configured', () => {
    expect(complaints(TypedExtensionConfigSchema, { name: 'x' })).toEqual(['typed_config: is required']);
  });

  test('of an unknown type is a gap in our list of types', () => {
    const value = { typeUrl: 'type.googleapis.com/envoy.Nothing', value: new Uint8Array() };
    expect(complaints(AccessLogSchema, { name: 'a', configType: { case: 'typedConfig', value } })).toEqual([
      expect.stringMatching(/^typed_config.type_url: .*packed-schemas.ts/),
    ]);
  });
});
