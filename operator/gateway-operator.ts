import { readFileSync } from 'node:fs';
import K8sOperator, { type OperatorLogger, type ResourceEvent, type ResourceMeta } from '@dot-i/k8s-operator';
import { parse } from 'yaml';
import type { KubernetesObject } from '../crds/object-meta.ts';
import { applyObject } from './cluster/apply.ts';
import { CUSTOM_RESOURCE_DEFINITION, customResourcesOf } from './cluster/custom-resources.ts';
import type { KubeClient } from './cluster/kube-client.ts';
import { Reflector, type ReflectorEvent } from './cluster/reflector.ts';
import { collectionPath, keyOf, type ObjectKey, type ResourceKind, resourceName } from './cluster/resource-kind.ts';
import type { WatchProblem } from './cluster/watch-problem.ts';
import { WorkQueue } from './cluster/work-queue.ts';

