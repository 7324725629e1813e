import type { Alias, Node } from 'yaml';
import { isAlias, isCollection, isPair, isScalar } from 'yaml';
import { DEEPEST, TOO_DEEP } from './yaml-depth.ts';

interface AliasFault {
  readonly offset: number;
  readonly message: string;
}

/** Of an anchor whose value is still being measured. */
const OPEN = Number.POSITIVE_INFINITY;

/** Measures how deep values are, those that aliases stand for counted in. */
class Depths {
  readonly #ofAnchors = new Map<string, number>();
  fault: AliasFault | undefined;

  of(node: unknown): number {
    if (isAlias(node)) return this.#ofAlias(node);
    if (isPair(node)) return Math.max(this.of(node.key), this.of(node.value));
    if (isCollection(node)) return this.#measured(node.anchor, () => this.#ofParts(node, node.items));
    return isScalar(node) ? this.#measured(node.anchor, () => 0) : 0;
  }

  #ofAlias(alias: Alias): number {
    const depth = this.#ofAnchors.get(alias.source) ?? 0;
    if (depth !== OPEN) return depth;
    this.#found(alias, `the alias *${alias.source} stands inside of what it stands for.`);
    return 0;
  }

  #ofParts(node: Node, parts: readonly unknown[]): number {
    const depth = 1 + parts.reduce<number>((deepest, part) => Math.max(deepest, this.of(part)), 0);
    if (depth > DEEPEST) this.#found(node, TOO_DEEP);
    return depth;
  }

  #measured(anchor: string | undefined, measure: () => number): number {
    if (anchor === undefined) return measure();
    this.#ofAnchors.set(anchor, OPEN);
    const depth = measure();
    this.#ofAnchors.set(anchor, depth);
    return depth;
  }

  #found(node: Node, message: string): void {
    this.fault ??= { offset: node.range?.[0] ?? 0, message };
  }
}

/** An alias that stands inside of what it stands for, or aliases of aliases that make a value deeper than its text. Undefined: there is none. */
export function aliasFault(root: Node): AliasFault | undefined {
  const depths = new Depths();
  depths.of(root);
  return depths.fault;
}
