/** The levels of both sides; changes wait until the whole book is there, and those it holds already are left out. */
export class Book {
  bids = new Map();
  asks = new Map();
  lastId = undefined;
  waiting = [];

  whole(event) {
    this.bids = new Map(event.bids.map(({ price, size }) => [price, size]));
    this.asks = new Map(event.asks.map(({ price, size }) => [price, size]));
    this.lastId = event.last_update_id;
    for (const change of this.waiting.splice(0)) this.change(change);
  }

  change(event) {
    if (this.lastId === undefined) return void this.waiting.push(event);
    if (event.last_update_id !== null && event.last_update_id <= this.lastId) return;
    for (const [side, levels] of [[this.bids, event.bids], [this.asks, event.asks]]) {
      for (const { price, size } of levels) size === 0 ? side.delete(price) : side.set(price, size);
    }
    this.lastId = event.last_update_id ?? this.lastId;
  }

  best(side, count) {
    const sign = side === "bids" ? -1 : 1;
    return [...this[side]].sort(([a], [b]) => sign * (a - b)).slice(0, count);
  }
}
