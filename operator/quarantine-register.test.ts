import { Graph } from '../translators/graph/graph.ts';
import type { QuarantinedFragment } from '../translators/inputs.ts';
import { QuarantineRegister } from './quarantine-register.ts';

const verdict = (envoyVersion: string, quarantined: boolean) => ({
  hash: 'h',
  envoyVersion,
  message: `no, says ${envoyVersion}`,
  quarantined,
});

test('a fragment stays replaced as long as one Envoy version refuses it', () => {
  const graph = new Graph();
  const source = graph.source<QuarantinedFragment>('quarantine');
  const register = new QuarantineRegister(source);
  const after = (...changes: Parameters<QuarantineRegister['apply']>[0]): QuarantinedFragment | undefined => {
    register.apply(changes);
    graph.settle();
    return source.get('h');
  };
  expect(after(verdict('1.41', true), verdict('1.40', true))).toEqual({ envoyVersion: '1.40', message: 'no, says 1.40' });
  expect(after(verdict('1.40', false))).toEqual({ envoyVersion: '1.41', message: 'no, says 1.41' });
  expect(after(verdict('1.41', false))).toBeUndefined();
});

test('what is but suspect serves on as it was, unless another version has found it guilty, and is no news for others', () => {
  const graph = new Graph();
  const source = graph.source<QuarantinedFragment>('quarantine');
  const register = new QuarantineRegister(source);
  const formers = [{ key: 'r', hash: 'old', requires: [] }];
  register.apply([{ ...verdict('1.40', true), formers }]);
  graph.settle();
  expect(source.get('h')).toEqual({ envoyVersion: '1.40', message: 'no, says 1.40', formers });
  expect(register.own()).toEqual([]);
  register.apply([verdict('1.41', true)]);
  graph.settle();
  expect(source.get('h')).toEqual({ envoyVersion: '1.41', message: 'no, says 1.41' });
  expect(register.own()).toEqual([{ hash: 'h', envoyVersion: '1.41', message: 'no, says 1.41' }]);
});

test('of several that but suspect it, the one counts whose safe answer is the wider: the other one was refused', () => {
  const graph = new Graph();
  const source = graph.source<QuarantinedFragment>('quarantine');
  const register = new QuarantineRegister(source);
  const formers = [{ key: 'r', hash: 'old', requires: [] }];
  const exact = { formers, exact: true } as const;
  const after = (...changes: Parameters<QuarantineRegister['apply']>[0]): QuarantinedFragment | undefined => {
    register.apply(changes);
    graph.settle();
    return source.get('h');
  };
  expect(after({ ...verdict('1.40', true), exact: true })).toEqual({ envoyVersion: '1.40', message: 'no, says 1.40', exact: true });
  expect(register.own()).toEqual([]);
  expect(after({ ...verdict('1.40', true), ...exact }, { ...verdict('1.41', true), formers })).toMatchObject({
    envoyVersion: '1.41',
    formers,
  });
  expect(after(verdict('1.41', false))).toMatchObject({ envoyVersion: '1.40', exact: true });
});
