/** A finger that rests opens a menu, as the right button of a mouse does. */
export interface LongPress {
  press(event: TouchEvent): void;
  lift(event: TouchEvent): void;
  release(): void;
}

/** How long a finger rests before it means the menu. */
const LONG_PRESS_MS = 450;

export function useLongPress(open: (x: number, y: number) => void): LongPress {
  let pressing: ReturnType<typeof setTimeout> | undefined;
  let pressed = false;
  const release = () => clearTimeout(pressing);
  return {
    press(event) {
      pressed = false;
      const touch = event.touches[0];
      if (!touch || event.touches.length > 1) return release();
      const { clientX, clientY } = touch;
      pressing = setTimeout(() => {
        pressed = true;
        open(clientX, clientY);
      }, LONG_PRESS_MS);
    },
    lift(event) {
      release();
      // Else the browser makes a click of it, which would fall on the menu or close it.
      if (pressed && event.cancelable) event.preventDefault();
    },
    release,
  };
}

/** Where a menu opens for a click; the menu key and a click by keyboard carry no place: then it opens at the element. */
export function placeOf(event: MouseEvent): [x: number, y: number] {
  const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
  const placed = event.clientX > 0 || event.clientY > 0;
  return placed ? [event.clientX, event.clientY] : [box.left, box.bottom];
}
