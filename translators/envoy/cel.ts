import type { ConstantSchema, ExprSchema } from '../../xds/proto/gen/cel/expr/syntax_pb.ts';
import type { CelExpressionSchema } from '../../xds/proto/gen/xds/type/v3/cel_pb.ts';
import type { MessageInit } from './message-init.ts';

/** A node of an expression in the Common Expression Language, which Envoy's samplers take parsed only. */
export type CelNode =
  | { readonly sort: 'constant'; readonly value: string | boolean }
  | { readonly sort: 'field'; readonly of: string; readonly name: string }
  | { readonly sort: 'call'; readonly name: string; readonly target?: CelNode; readonly args: readonly CelNode[] };

export const text = (value: string): CelNode => ({ sort: 'constant', value });
export const truth = (value: boolean): CelNode => ({ sort: 'constant', value });
/** `of.name` */
export const field = (of: string, name: string): CelNode => ({ sort: 'field', of, name });
/** @param name as parsers name it: `_&&_` is the operator */
export const call = (name: string, ...args: readonly CelNode[]): CelNode => ({ sort: 'call', name, args });
/** `target.name(args)` */
export const callOn = (target: CelNode, name: string, ...args: readonly CelNode[]): CelNode => ({ sort: 'call', name, target, args });

export const celExpression = (node: CelNode): MessageInit<typeof CelExpressionSchema> => {
  let last = 0n;
  const next = (): bigint => {
    last += 1n;
    return last;
  };
  return { celExprParsed: { expr: exprOf(node, next) } };
};

/** Every node has a number of its own. */
function exprOf(node: CelNode, next: () => bigint): MessageInit<typeof ExprSchema> {
  const id = next();
  switch (node.sort) {
    case 'constant':
      return { id, exprKind: { case: 'constExpr', value: constantOf(node.value) } };
    case 'field':
      return {
        id,
        exprKind: {
          case: 'selectExpr',
          value: { operand: { id: next(), exprKind: { case: 'identExpr', value: { name: node.of } } }, field: node.name },
        },
      };
    case 'call': {
      const target = node.target === undefined ? {} : { target: exprOf(node.target, next) };
      const args = node.args.map((arg) => exprOf(arg, next));
      return { id, exprKind: { case: 'callExpr', value: { function: node.name, ...target, args } } };
    }
  }
}

const constantOf = (value: string | boolean): MessageInit<typeof ConstantSchema> =>
  typeof value === 'string' ? { constantKind: { case: 'stringValue', value } } : { constantKind: { case: 'boolValue', value } };
