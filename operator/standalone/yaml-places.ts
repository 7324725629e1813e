import type { Node } from 'yaml';
import { isAlias, isMap, isScalar, isSeq } from 'yaml';

/** One step into a document: a key of a mapping or an index of a list. */
export type PathStep = string | number;

function keyed(node: Node, step: PathStep): { readonly at: Node; readonly value: Node | undefined } | undefined {
  if (isSeq<Node>(node) && typeof step === 'number') {
    const item = node.items[step];
    return item === undefined ? undefined : { at: item, value: item };
  }
  if (!isMap<Node, Node | null>(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
  return pair === undefined ? undefined : { at: pair.key, value: pair.value ?? undefined };
}

/** Offset of the deepest part of `path` that is there. */
export function offsetOf(root: Node, path: readonly PathStep[]): number {
  let offset = root.range?.[0] ?? 0;
  let node: Node | undefined = root;
  for (const step of path) {
    if (node === undefined || isAlias(node)) break;
    const found = keyed(node, step);
    if (found === undefined) break;
    offset = found.at.range?.[0] ?? offset;
    node = found.value;
  }
  return offset;
}

/** The last part of `node` that begins before `offset`. */
function partBefore(node: Node, offset: number): readonly [step: PathStep, value: Node | undefined] | undefined {
  const begins = (part: Node): boolean => (part.range?.[0] ?? offset) < offset;
  if (isSeq<Node>(node)) {
    const index = node.items.findLastIndex((item) => begins(item));
    return index < 0 ? undefined : [index, node.items[index]];
  }
  if (!isMap<Node, Node | null>(node)) return undefined;
  const pair = node.items.findLast(({ key }) => begins(key));
  return pair === undefined || !isScalar(pair.key) ? undefined : [String(pair.key.value), pair.value ?? undefined];
}

/** The field that stands at an offset or just before it. */
export function pathAt(root: Node, offset: number): readonly PathStep[] {
  const path: PathStep[] = [];
  for (let part = partBefore(root, offset); part !== undefined; ) {
    const [step, value]: readonly [PathStep, Node | undefined] = part;
    path.push(step);
    part = value === undefined ? undefined : partBefore(value, offset);
  }
  return path;
}
