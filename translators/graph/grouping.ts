import type { First, Group, GroupOptions } from './collection.ts';
import { distinct } from './distinct.ts';
import { allOf, type Few, few } from './few.ts';
import type { Node, Place } from './node.ts';
import { compareKeys, OrderedList } from './ordered-list.ts';
import type { Dependent, Provenance } from './table.ts';
import { Table } from './table.ts';
import type { Step } from './watchers.ts';

interface Member<T> {
  readonly key: string;
  readonly value: T;
  readonly groups: Few<string>;
}

/** What the members of one group come to. */
export interface Summary<T, O> {
  summarize(key: string, members: readonly Member<T>[]): O;
  equals(a: O, b: O): boolean;
}

interface Parts<T, O> {
  readonly from: Table<T>;
  readonly options: GroupOptions<T>;
  readonly summary: Summary<T, O>;
}

/**
 * Groups of members, each in order; one new output per group and settle, however many of its members changed.
 * A member that `by` or `orderBy` fails on is a fault of that member: it stays as it was last good, or out.
 */
export class Grouping<T, O> implements Node, Dependent<T>, Provenance {
  readonly unfinished = false;
  readonly output: Table<O>;
  readonly #place: Place;
  readonly #parts: Parts<T, O>;
  readonly #members = new Map<string, Member<T>>();
  /** A group that never had more than one member is that member; undefined: its last one has just left. */
  readonly #groups = new Map<string, OrderedList<Member<T>> | Member<T> | undefined>();
  readonly #compare = (a: Member<T>, b: Member<T>): number => this.#order(a, b) || compareKeys(a.key, b.key);
  #dirty = new Map<string, T | undefined>();

  constructor(place: Place, parts: Parts<T, O>) {
    this.#place = place;
    this.#parts = parts;
    this.output = new Table(place, parts.summary.equals);
    this.output.provenance = this;
    parts.from.feed(this);
  }

  get dirty(): boolean {
    return this.#dirty.size > 0;
  }

  changed(key: string, _previous: T | undefined, next: T | undefined): void {
    this.#dirty.set(key, next);
  }

  work(): number {
    const dirty = this.#dirty;
    this.#dirty = new Map();
    const touched = new Set<string>();
    for (const [key, value] of dirty) this.#move(key, value, touched);
    for (const group of touched) this.#present(group);
    return dirty.size;
  }

  behind(group: string): readonly Step[] {
    return this.#membersOf(group).map(({ key }) => ({ collection: this.#parts.from.name, key }));
  }

  #move(key: string, value: T | undefined, touched: Set<string>): void {
    const before = this.#members.get(key);
    const after = value === undefined ? undefined : this.#admit(key, value, before);
    if (value === undefined) this.#place.contained.lift(key);
    if (after === before) return;
    if (before) this.#leave(before, touched);
    if (after) this.#enter(after, touched);
    else this.#members.delete(key);
  }

  #admit(key: string, value: T, before: Member<T> | undefined): Member<T> | undefined {
    const { by, orderBy } = this.#parts.options;
    this.#place.contained.counter.runs++;
    try {
      const groups = distinct(by(value, key));
      // An orderBy that cannot read this value fails here, where it is known whose fault it is, and not among others.
      orderBy?.(value, value);
      this.#place.contained.lift(key);
      return groups.length === 0 ? undefined : { key, value, groups: few(groups) };
    } catch (error) {
      this.#place.contained.fail(key, error, before !== undefined);
      return before;
    }
  }

  #leave(member: Member<T>, touched: Set<string>): void {
    for (const group of allOf(member.groups)) {
      const members = this.#groups.get(group);
      if (members instanceof OrderedList) members.delete(member);
      else this.#groups.set(group, undefined);
      touched.add(group);
    }
  }

  #enter(member: Member<T>, touched: Set<string>): void {
    this.#members.set(member.key, member);
    for (const group of allOf(member.groups)) {
      const members = this.#groups.get(group);
      if (members instanceof OrderedList) members.add(member);
      else this.#groups.set(group, members === undefined ? member : this.#listOf(members, member));
      touched.add(group);
    }
  }

  #listOf(...members: readonly Member<T>[]): OrderedList<Member<T>> {
    const list = new OrderedList<Member<T>>(this.#compare);
    for (const member of members) list.add(member);
    return list;
  }

  #membersOf(group: string): readonly Member<T>[] {
    const members = this.#groups.get(group);
    if (members instanceof OrderedList) return members.items();
    return members === undefined ? [] : [members];
  }

  /** Two members that orderBy fails on only as a pair go by key; the one with the larger key bears the fault. */
  #order(a: Member<T>, b: Member<T>): number {
    try {
      return this.#parts.options.orderBy?.(a.value, b.value) ?? 0;
    } catch (error) {
      this.#place.contained.fail(compareKeys(a.key, b.key) > 0 ? a.key : b.key, error, true);
      return 0;
    }
  }

  #present(group: string): void {
    const members = this.#membersOf(group);
    if (members.length > 0) {
      this.output.write(group, this.output.settled(group, this.#parts.summary.summarize(group, members)));
    } else {
      this.#groups.delete(group);
      this.output.write(group, undefined);
    }
  }
}

/** All members, in order. */
export function wholeGroup<T>(): Summary<T, Group<T>> {
  return {
    summarize: (key, members) => ({ key, members: members.map(({ value }) => value), memberKeys: members.map((member) => member.key) }),
    equals: (a, b) => sameItems(a.memberKeys, b.memberKeys) && sameItems(a.members, b.members),
  };
}

/** Only the first member. */
export function firstOfGroup<T>(): Summary<T, First<T>> {
  return {
    summarize: (key, [first]) => {
      if (!first) throw new Error(`group ${key} has no members`);
      return { key, winner: first.value, winnerKey: first.key };
    },
    equals: (a, b) => a.winnerKey === b.winnerKey && a.winner === b.winner,
  };
}

/** By identity: the tables that members come from hand out a new value only for a real change. */
function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
