import type { Hole, RouterListener } from "../agora/router.ts";
import type { EventBase } from "../events/event_type.ts";
import type { Binding } from "./binding.ts";
import type { Holes } from "./holes.ts";

/** Where what is said of a path goes. */
export class PathListener implements RouterListener<EventBase> {
  readonly #holes: Holes;
  readonly #binding: Binding;
  readonly #lackedTime: number | undefined;
  readonly #duplicated: () => void;

  /** `lackedTime`: when the universe did not have the path yet, where that is known. */
  constructor(holes: Holes, binding: Binding, lackedTime: number | undefined, duplicated: () => void) {
    this.#holes = holes;
    this.#binding = binding;
    this.#lackedTime = lackedTime;
    this.#duplicated = duplicated;
  }

  began(first: EventBase): void {
    this.#holes.began(this.#binding, first, this.#lackedTime);
  }

  gap(hole: Hole<EventBase>): void {
    this.#holes.found(this.#binding, hole);
  }

  duplicate(): void {
    this.#duplicated();
  }
}
