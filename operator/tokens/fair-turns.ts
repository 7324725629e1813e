import { peerNetwork } from './peer-network.ts';

export interface TurnLimits {
  /** Turns under way at once; those of one network among them, and those of one peer. */
  readonly maxInFlight: number;
  readonly maxInFlightOfNetwork: number;
  readonly maxInFlightOfOne: number;
  readonly maxWaiting: number;
  readonly maxWaitingOfNetwork: number;
  readonly maxWaitingOfOne: number;
}

/** Ends a turn. To be called once. */
export type EndTurn = () => void;

type Waiter = (turn: EndTurn | undefined) => void;

/** All who ask, those of one network, or one peer. */
interface Party {
  readonly maxInFlight: number;
  readonly maxWaiting: number;
  inFlight: number;
  waiting: number;
  /** Of whom something is under way or waits; of those who wait, whose turn is longest ago comes first. */
  readonly members: Map<string, Party>;
  /** Of a peer. */
  readonly queue: Waiter[];
}

/** From all down to one peer, with the names of the last two. */
interface Way {
  readonly names: readonly string[];
  readonly parties: readonly Party[];
}

/**
 * Turns of which few may be under way. Networks take them one after the other, within a network its peers, and nobody has them all: who asks for many waits
 * for its own. When as many wait as may, the network with most of them waiting, and in it the peer with most, loses the last.
 */
export class FairTurns {
  readonly #limits: TurnLimits;
  readonly #all: Party;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
    this.#all = partyOf(limits.maxInFlight, limits.maxWaiting);
  }

  /** A turn at once; undefined where it has to be waited for. */
  begin(peer: string): EndTurn | undefined {
    const way = this.#wayTo(peer);
    return way.parties.every(isFree) ? this.#begin(way) : undefined;
  }

  /** Resolves when it is this one's turn; with undefined where there are too many before it. Never rejects. */
  take(peer: string): Promise<EndTurn | undefined> {
    const way = this.#wayTo(peer);
    if (way.parties.every(isFree)) return Promise.resolve(this.#begin(way));
    if (!hasRoom(way)) return Promise.resolve(undefined);
    return new Promise((resolve) => wait(way, resolve));
  }

  #wayTo(peer: string): Way {
    const { network, address } = peerNetwork(peer);
    const { maxInFlightOfNetwork, maxWaitingOfNetwork, maxInFlightOfOne, maxWaitingOfOne } = this.#limits;
    const home = this.#all.members.get(network) ?? partyOf(maxInFlightOfNetwork, maxWaitingOfNetwork);
    const one = home.members.get(address) ?? partyOf(maxInFlightOfOne, maxWaitingOfOne);
    return { names: [network, address], parties: [this.#all, home, one] };
  }

  #begin(way: Way): EndTurn {
    for (const { above, name, party } of stepsOf(way)) above.members.set(name, party);
    for (const party of way.parties) party.inFlight += 1;
    return () => {
      for (const party of way.parties) party.inFlight -= 1;
      forgetIdle(way);
      this.#beginNext();
    };
  }

  #beginNext(): void {
    const way = nextOf({ names: [], parties: [this.#all] });
    if (way === undefined) return;
    const waiter = way.parties.at(-1)?.queue.shift();
    for (const party of way.parties) party.waiting -= 1;
    for (const step of stepsOf(way)) goLast(step);
    waiter?.(this.#begin(way));
  }
}

const partyOf = (maxInFlight: number, maxWaiting: number): Party => ({
  maxInFlight,
  maxWaiting,
  inFlight: 0,
  waiting: 0,
  members: new Map(),
  queue: [],
});

const isFree = ({ inFlight, maxInFlight }: Party): boolean => inFlight < maxInFlight;
const isFull = ({ waiting, maxWaiting }: Party): boolean => waiting >= maxWaiting;
const isIdle = ({ inFlight, waiting }: Party): boolean => inFlight === 0 && waiting === 0;

/** From one party of a way to the next. */
interface Step {
  readonly above: Party;
  readonly name: string;
  readonly party: Party;
}

function* stepsOf({ names, parties: [first, ...rest] }: Way): Iterable<Step> {
  let above = first;
  for (const [level, party] of rest.entries()) {
    const name = names[level];
    if (above !== undefined && name !== undefined) yield { above, name, party };
    above = party;
  }
}

function goLast({ above, name, party }: Step): void {
  above.members.delete(name);
  above.members.set(name, party);
}

function forgetIdle(way: Way): void {
  for (const { above, name, party } of stepsOf(way)) if (isIdle(party)) above.members.delete(name);
}

function wait(way: Way, waiter: Waiter): void {
  for (const step of stepsOf(way)) if (step.party.waiting === 0) goLast(step);
  for (const party of way.parties) party.waiting += 1;
  way.parties.at(-1)?.queue.push(waiter);
}

const below = ({ names, parties }: Way, [name, party]: readonly [string, Party]): Way => ({
  names: [...names, name],
  parties: [...parties, party],
});

/** To the peer whose turn it is; undefined where nobody waits who may begin. */
function nextOf(way: Way): Way | undefined {
  const party = way.parties.at(-1);
  if (party === undefined || party.waiting === 0 || !isFree(party)) return undefined;
  if (party.queue.length > 0) return way;
  for (const member of party.members) {
    const next = nextOf(below(way, member));
    if (next !== undefined) return next;
  }
  return undefined;
}

/** Whether one more may wait there; for it somebody else has lost the last, maybe. */
function hasRoom({ names, parties }: Way): boolean {
  const [all, network, peer] = parties;
  if (all === undefined || network === undefined || peer === undefined || isFull(peer)) return false;
  const home = { names: names.slice(0, 1), parties: [all, network] };
  if (isFull(network)) return displace(home, peer);
  return !isFull(all) || displace({ names: [], parties: [all] }, network) || displace(home, peer);
}

/** For one more of `own`: the last of another of that party, which has more of them, has to go. False: none has. */
function displace(way: Way, own: Party): boolean {
  const longest = longestOf(way);
  // It would have as many as the one that lost.
  if (longest === undefined || longest[1].waiting <= own.waiting + 1) return false;
  loseLast(below(way, longest));
  return true;
}

const longestOf = ({ parties }: Way): readonly [string, Party] | undefined =>
  [...(parties.at(-1)?.members ?? [])].reduce<readonly [string, Party] | undefined>(
    (most, member) => (most === undefined || member[1].waiting > most[1].waiting ? member : most),
    undefined,
  );

function loseLast(way: Way): void {
  const waiter = way.parties.at(-1)?.queue.pop();
  const longest = longestOf(way);
  if (waiter === undefined) {
    if (longest !== undefined) loseLast(below(way, longest));
    return;
  }
  for (const party of way.parties) party.waiting -= 1;
  forgetIdle(way);
  waiter(undefined);
}
