// Building and changing elements. The only way text gets onto the page is textContent: a name can never become markup.

/** An element with properties and children; strings become text. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "data") Object.assign(node.dataset, value);
    else if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== ""));
  return node;
}

/** Writes only what differs: the page may be patched hundreds of times a second. */
export function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function flag(node, name, on) {
  if (node.classList.contains(name) !== on) node.classList.toggle(name, on);
}

/** Makes `nodes` the children, touching nothing that stands right already. */
export function place(parent, nodes) {
  nodes.forEach((node, at) => {
    if (parent.children[at] !== node) parent.insertBefore(node, parent.children[at] ?? null);
  });
  while (parent.children.length > nodes.length) parent.lastElementChild.remove();
}

/** Is it a place of whoever is here? At a bureau somebody may see only some of the schools, and only the pages about them. */
export const reachable = (path) => document.querySelector(`.places a[href="${path}"]`) !== null;

export const byId = (id) => document.getElementById(id);
