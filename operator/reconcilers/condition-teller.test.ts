import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { EventNote } from '../cluster/events.ts';
import { ConditionTeller } from './condition-teller.ts';

const condition = (type: string, status: string, reason: string, message = 'text') => ({ type, status, reason, message });
const accepted = condition('Accepted', 'True', 'Accepted');
const down = (message: string) => condition('Programmed', 'False', 'NoResources', message);

const gateway = (...conditions: readonly object[]): KubernetesObject => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { namespace: 'default', name: 'eg' },
  status: { conditions },
});

let notes: EventNote[];
let teller: ConditionTeller;
const said = (): readonly string[] => notes.splice(0).map(({ type, reason, message }) => `${type} ${reason}: ${message}`);

beforeEach(() => {
  notes = [];
  teller = new ConditionTeller({ record: (note) => notes.push(note) });
});

test('a turn is told once, however often it is looked at', () => {
  teller.tell(gateway(), { conditions: [accepted] });
  teller.tell(gateway(accepted), { conditions: [accepted] });
  expect(said()).toEqual(['Normal Accepted: text']);
});

test('what the live object says already is no news after a restart', () => {
  teller.tell(gateway(accepted, down('one')), { conditions: [accepted, down('one')] });
  expect(said()).toEqual([]);
});

test('another cause is news, another wording of what is fine is not', () => {
  teller.tell(gateway(), { conditions: [down('no answer')] });
  teller.tell(gateway(), { conditions: [down('killed')] });
  teller.tell(gateway(), { conditions: [condition('Programmed', 'True', 'Programmed', '1 of 1')] });
  teller.tell(gateway(), { conditions: [condition('Programmed', 'True', 'Programmed', '2 of 2')] });
  expect(said()).toEqual(['Warning NoResources: no answer', 'Warning NoResources: killed', 'Normal Programmed: 1 of 1']);
});

test('what is pending, that references resolve, and types that nobody looks for are not told', () => {
  const silent = [
    condition('Programmed', 'False', 'Pending'),
    condition('ResolvedRefs', 'True', 'ResolvedRefs'),
    condition('Conflicted', 'False', 'NoConflicts'),
  ];
  teller.tell(gateway(), { conditions: silent });
  expect(said()).toEqual([]);
});

test('as long as not all is known nothing is told, and what was said before is no news when it is known again', () => {
  const fine = condition('Programmed', 'True', 'Programmed');
  teller.tell(gateway(accepted, fine), { conditions: [accepted, { ...down('nobody was heard'), provisional: true as const }] });
  teller.tell(gateway(accepted, fine), { conditions: [accepted, fine] });
  expect(said()).toEqual([]);
});

test('conditions of parents count as those of the object', () => {
  const conditions = [condition('ResolvedRefs', 'False', 'BackendNotFound', 'Service a does not exist')];
  teller.tell({ ...gateway(), kind: 'HTTPRoute' }, { parents: [{ conditions }] });
  expect(said()).toEqual(['Warning BackendNotFound: Service a does not exist']);
});

test('an object that comes back under its name is told anew', () => {
  teller.tell(gateway(), { conditions: [accepted] });
  teller.forget('Gateway', 'default/eg');
  teller.tell(gateway(), { conditions: [accepted] });
  expect(said()).toHaveLength(2);
});

test('a follower tells nothing; who begins to lead tells what the live object does not say yet', () => {
  teller.lead(false);
  teller.tell(gateway(accepted), { conditions: [accepted, down('one')] });
  expect(said()).toEqual([]);
  teller.lead(true);
  teller.tell(gateway(accepted), { conditions: [accepted, down('one')] });
  expect(said()).toEqual(['Warning NoResources: one']);
});
