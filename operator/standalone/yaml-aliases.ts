import type { Alias, Document, Node } from 'yaml';
import { isNode, visit } from 'yaml';

/** The first alias that stands inside of what it stands for: such a value has no end. Undefined: none does. */
export function endlessAlias(document: Document.Parsed): Alias | undefined {
  const anchored = new Map<string, Node>();
  let found: Alias | undefined;
  visit(document, {
    Alias: (_key, alias, path) => {
      const target = anchored.get(alias.source);
      if (target === undefined || !path.some((part) => part === target)) return undefined;
      found = alias;
      return visit.BREAK;
    },
    Node: (_key, node) => {
      if (isNode(node) && 'anchor' in node && node.anchor !== undefined) anchored.set(node.anchor, node);
    },
  });
  return found;
}
