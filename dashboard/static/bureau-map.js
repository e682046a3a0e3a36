// The county as a drawing: townships by their borders, schools as signs that can be pressed. Coordinates only; no tiles, no host.

const NS = ["http:", "", "www.w3.org", "2000", "svg"].join("/"); // the name of SVG; nobody is asked
const EDGE = 40; // units; a name at the border needs room
const LEAST = 0.02; // degrees: one school alone is no point of infinite size
export const SIGNS = { unanswered: "▲", unrepaired: "!", silent: "×", uncovered: "○", well: "✓" };

function svg(name, attributes = {}, ...children) {
  const node = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

/** Longitude and latitude to the drawing's own numbers: a degree of longitude is shorter by the cosine of the latitude. */
export function projection(places, wide) {
  const lons = places.map(([lon]) => lon);
  const lats = places.map(([, lat]) => lat);
  const [west, east, south, north] = [Math.min(...lons), Math.max(...lons), Math.min(...lats), Math.max(...lats)];
  const narrow = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = (wide - 2 * EDGE) / Math.max((east - west) * narrow, LEAST);
  const high = Math.max((north - south) * scale, 200) + 2 * EDGE;
  return { high, at: ([lon, lat]) => [EDGE + (lon - west) * narrow * scale, EDGE + (north - lat) * scale] };
}

/** The map `wide` units wide; null where nothing has a place. `group` gives a school's group, `pick` is called with its id. */
export function drawn(townships, schools, wide, { group, pick, label, title }) {
  const placed = schools.filter((school) => school.at);
  const all = [...placed.map((school) => school.at), ...townships.flatMap((town) => town.outline)];
  if (!all.length) return null;
  const { high, at } = projection(all, wide);
  const [parts, names] = [[], []]; // names over all dots: none hides behind a neighbour
  for (const town of townships.filter((town) => town.outline.length > 2)) {
    const corners = town.outline.map(at);
    const middle = corners.reduce((sum, [x]) => sum + x, 0) / corners.length;
    const bottom = Math.max(...corners.map(([, y]) => y)); // below the border: schools stand inside it
    parts.push(svg("polygon", { class: "town", points: corners.map((c) => c.map((n) => n.toFixed(1)).join(",")).join(" ") }),
      svg("text", { class: "town-name", x: middle.toFixed(1), y: (bottom + 20).toFixed(1) }, town.name));
  }
  for (const school of [...placed].sort((a, b) => b.rank - a.rank)) {
    const [x, y] = at(school.at);
    const kind = group(school);
    const dot = svg("g", { class: `dot ${kind}`, transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`, role: "button", tabindex: "0", "aria-label": label(school), "data-school": school.id },
      svg("circle", { r: kind === "unanswered" ? 20 : 14 }), svg("text", { class: "sign", y: 5 }, SIGNS[kind]));
    if (!["well", "silent"].includes(kind) || placed.length <= 20) {
      names.push(svg("text", { class: "label", x: x.toFixed(1), y: (y + 34).toFixed(1) }, school.short));
    }
    dot.addEventListener("click", () => pick(school.id));
    dot.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        pick(school.id);
      }
    });
    parts.push(dot);
  }
  return svg("svg", { viewBox: `0 0 ${wide} ${high.toFixed(0)}`, role: "group", "aria-label": title }, ...parts, ...names);
}
