const SECONDS_MIN = 60; // a window that is not a blink

/** A chart over time in the page's colours, as wide as its place. */
export function newChart(place, { height, lines, signal, value, axis = 60, fromZero = false }) {
  let labels = "";
  let plot;
  const width = () => Math.max(200, place.clientWidth);
  const size = () => plot?.setSize({ width: width(), height });
  const setLines = (wanted) => {
    const named = wanted.map(({ label }) => label).join();
    if (plot !== undefined && named === labels) return;
    labels = named;
    plot?.destroy();
    plot = made(place, { width: width(), height, lines: wanted, value, axis, fromZero });
  };
  setLines(lines);
  addEventListener("resize", size);
  signal.addEventListener("abort", () => {
    removeEventListener("resize", size);
    plot.destroy();
  });
  return { lines: setLines, draw: (data) => plot.setData(data) };
}

/** Of time; a minute at least, also before anything is known. */
function range(plot) {
  const times = plot.data[0];
  const last = times.at(-1) ?? Date.now() / 1_000;
  return [Math.min(times[0] ?? last, last - SECONDS_MIN), last];
}

function made(place, { width, height, lines, value, axis, fromZero }) {
  const css = getComputedStyle(document.documentElement);
  const color = (name) => css.getPropertyValue(name).trim();
  const look = { stroke: color("--soft"), grid: { stroke: color("--line"), width: 1 }, ticks: { stroke: color("--line"), width: 1 } };
  const moment = (time, to) => new Date(1_000 * time).toISOString().slice(11, to); // UTC, as everywhere here
  return new uPlot(
    {
      width,
      height,
      cursor: { y: false },
      scales: {
        x: { time: true, range },
        ...(fromZero ? { y: { range: (_, __, to) => [0, Math.max(1, 1.1 * to)] } } : {}),
      },
      axes: [
        { ...look, values: (_, ticks) => ticks.map((tick) => moment(tick, 19)), space: 80 },
        { ...look, size: axis, values: (_, ticks) => ticks.map((tick) => value(Number(tick.toPrecision(10)))) },
      ],
      series: [
        { label: "UTC", value: (_, time) => time === null ? "–" : moment(time, 23) },
        ...lines.map((line) => ({
          label: line.label,
          stroke: color(line.color),
          width: 1.5,
          points: { show: (plot) => plot.data[0].length < 3 }, // a line needs two of them
          spanGaps: false,
          value: (_, raw) => raw === null ? "–" : value(raw),
        })),
      ],
    },
    [[], ...lines.map(() => [])],
    place,
  );
}
