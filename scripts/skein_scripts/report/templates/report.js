// What a reader can do with the report's page: sort and filter tables, choose families, mark a
// runtime everywhere, fold sections, copy tables, choose light or dark. All text is there without.
(() => {
  "use strict";
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (tag, text, on) => {
    const element = document.createElement(tag);
    element.textContent = text;
    if (tag === "button") element.type = "button";
    if (on) element.addEventListener("click", on);
    return element;
  };
  const controls = document.getElementById("controls");
  const said = document.getElementById("said");
  const say = (text) => { said.textContent = text; };
  const rows = all("tr[data-runtime]");
  const marks = all("svg [data-runtime]");
  const tables = all("table.data");

  // --- light and dark ---
  const theme = document.getElementById("theme");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = document.documentElement.dataset;
  const isDark = () => (chosen.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  const nameTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
  theme.addEventListener("click", () => {
    chosen.theme = isDark() ? "light" : "dark";
    nameTheme();
  });
  dark.addEventListener("change", nameTheme);
  nameTheme();

  // --- sorting: up, down, and as it was ---
  const UNITS = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, "µs": 1e3, ms: 1e6, s: 1e9 };
  const numberOf = (cell) => {
    if (!cell) return null;
    if (cell.classList.contains("figure-cell")) {
      return cell.dataset.value === undefined ? null : Number(cell.dataset.value);
    }
    const found = /^([+-]?[\d,]*\.?\d+)(?: (\S+))?/.exec(cell.textContent.trim());
    return found ? Number(found[1].replaceAll(",", "")) * (UNITS[found[2]] ?? 1) : null;
  };
  const sorted = new WeakMap(); // by table: its rows as they were
  const asItWas = (table) => {
    if (!sorted.has(table)) {
      sorted.set(table, all("tbody tr", table).map((row) => ({ row, body: row.parentElement })));
    }
    return sorted.get(table);
  };
  const order = (table, column, direction) => {
    const places = asItWas(table);
    if (!direction) {
      places.forEach(({ row, body }) => body.append(row));
      return;
    }
    const some = places.map(({ row }) => row).filter((row) => !row.classList.contains("family"));
    const numbers = new Map(some.map((row) => [row, numberOf(row.cells[column])]));
    const texts = new Map(some.map((row) => [row, row.cells[column]?.textContent ?? ""]));
    const isText = some.filter((row) => numbers.get(row) !== null).length * 2 < some.length;
    some.sort((one, other) => {
      const [a, b] = [numbers.get(one), numbers.get(other)];
      if (isText || column === 0) {
        return direction * texts.get(one).localeCompare(texts.get(other), "en", { numeric: true });
      }
      // What has no figure stands last, whichever way.
      if (a === null || b === null) return (a === null) - (b === null);
      return direction * (a - b);
    });
    const [{ body }] = places;
    some.forEach((row) => body.append(row));
  };
  const NEXT = { none: "ascending", ascending: "descending", descending: "none" };
  const sortBy = (table, head) => {
    const next = NEXT[head.getAttribute("aria-sort") ?? "none"];
    all("[aria-sort]", table).forEach((other) => other.removeAttribute("aria-sort"));
    if (next !== "none") head.setAttribute("aria-sort", next);
    table.classList.toggle("sorted", next !== "none");
    order(table, Number(head.dataset.column), { ascending: 1, descending: -1, none: 0 }[next]);
    refresh();
    say(next === "none" ? "in the usual order" : `sorted by ${head.textContent}, ${next}`);
  };
  tables.forEach((table) => all("th[data-column]", table).forEach((head) => {
    const button = make("button", head.textContent, () => sortBy(table, head));
    head.replaceChildren(button);
  }));

  // --- which rows are shown ---
  const filter = document.getElementById("filter");
  const boxes = all("input[name=family]");
  const families = new Map(rows.map((row) => [row.dataset.runtime, row.dataset]));
  const isShown = (runtime) => {
    const of = families.get(runtime);
    if (!of) return true;
    const box = boxes.find((one) => one.value === of.family);
    const text = `${runtime} ${of.language} ${of.family}`.toLowerCase();
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    return (!box || box.checked) && words.every((word) => text.includes(word));
  };
  const refresh = () => {
    const shown = new Set([...families.keys()].filter(isShown));
    rows.forEach((row) => { row.hidden = !shown.has(row.dataset.runtime); });
    marks.forEach((mark) => {
      const { runtime } = mark.dataset;
      mark.classList.toggle("off", families.has(runtime) && !shown.has(runtime));
    });
    all("tr.family").forEach((head) => {
      const others = all("tr[data-runtime]", head.parentElement);
      const isSorted = head.closest("table").classList.contains("sorted");
      head.hidden = isSorted || others.every((row) => row.hidden);
    });
    keepAStop();
    return shown.size;
  };
  const keepAStop = () => {
    if (!stop?.parentElement.hidden) return;
    const other = figures.find((cell) => !cell.parentElement.hidden);
    if (other) stopAt(other);
  };
  const choose = () => say(`${refresh()} of ${families.size} runtimes are shown`);
  filter.addEventListener("input", choose);
  boxes.forEach((box) => box.addEventListener("change", choose));

  // --- a runtime is marked wherever it is, while it is pointed at, has the focus, or is held ---
  const places = new Map();
  [...rows, ...marks].forEach((element) => {
    const runtime = element.dataset.runtime;
    places.set(runtime, [...(places.get(runtime) ?? []), element]);
  });
  let lit = null;
  let held = null;
  const light = (runtime) => {
    const wanted = runtime ?? held;
    if (wanted === lit) return;
    (places.get(lit) ?? []).forEach((element) => element.classList.remove("lit"));
    (places.get(wanted) ?? []).forEach((element) => element.classList.add("lit"));
    lit = wanted;
    document.body.classList.toggle("has-lit", lit !== null);
  };
  const runtimeAt = (event) => event.target.closest?.("[data-runtime]")?.dataset.runtime ?? null;
  const hold = (runtime) => {
    held = held === runtime ? null : runtime;
    light(runtime);
    say(held === null ? "no runtime is held" : `${held} is marked in every figure; Escape lets go`);
  };
  document.addEventListener("pointerover", (event) => light(runtimeAt(event)));
  document.addEventListener("focusin", (event) => light(runtimeAt(event)));
  document.addEventListener("click", (event) => {
    const runtime = runtimeAt(event);
    if (runtime !== null && !window.getSelection().toString()) hold(runtime);
  });

  // --- the headline table: one stop for the tabulator, arrows go from cell to cell ---
  const cellsOf = (row) => [...row.cells].filter((cell) => cell.classList.contains("figure-cell"));
  const STEPS = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] };
  const stepFrom = (cell, key) => {
    const shown = all(".headline tr[data-runtime]").filter((row) => !row.hidden);
    const line = shown.indexOf(cell.parentElement);
    const place = cellsOf(cell.parentElement).indexOf(cell);
    const [down, right] = STEPS[key];
    return cellsOf(shown[line + down] ?? cell.parentElement)[place + right];
  };
  const figures = all(".figure-cell");
  let stop = null;
  const stopAt = (cell) => {
    if (stop) stop.tabIndex = -1;
    stop = cell;
    stop.tabIndex = 0;
  };
  figures.forEach((cell) => { cell.tabIndex = -1; });
  if (figures.length) stopAt(figures[0]);
  document.addEventListener("focusin", (event) => {
    const cell = event.target.closest?.(".figure-cell");
    if (cell) stopAt(cell);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      held = null;
      light(null);
    }
    const cell = event.target.closest?.(".figure-cell");
    if (!cell) return;
    if (event.key in STEPS) {
      event.preventDefault();
      stepFrom(cell, event.key)?.focus();
    } else if (event.key === "Enter") {
      hold(cell.parentElement.dataset.runtime);
    }
  });

  // --- copying ---
  // A figure takes its marks along: the star, the sign behind it, how many times the floor's it is.
  const partOf = (cell, selector) => cell.querySelector(selector)?.textContent.trim() ?? "";
  const wordsOf = (cell) => {
    if (cell.dataset.copy === undefined) return cell.textContent.trim();
    const sign = / ([†‡§¶])$/.exec(partOf(cell, ".shown"))?.[1];
    const words = [partOf(cell, ".star"), cell.dataset.copy, sign, partOf(cell, "small")];
    return words.filter(Boolean).join(" ");
  };
  const linesOf = (table) => [
    all("th[data-column]", table).map(wordsOf),
    ...all("tbody tr", table).filter((row) => !row.hidden && !row.classList.contains("family"))
      .map((row) => [...row.cells].map(wordsOf)),
  ];
  const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const asCsv = (lines) => lines.map((line) => line.map(quoted).join(",")).join("\n");
  // As in_markdown of base/table.py has it.
  const escaped = (text) => text.replace(/[\\`*<|]|(?<=\])(?=\()/g, "\\$&");
  const inMarkdown = (line) => `| ${line.map(escaped).join(" | ")} |`;
  const asMarkdown = ([head, ...lines]) => {
    const rule = head.map((_, place) => (place ? "---:" : "---"));
    const whole = lines.map((line) => head.map((_, place) => line[place] ?? ""));
    return [head, rule, ...whole].map(inMarkdown).join("\n");
  };
  const copy = async (text, what) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make("textarea", text); // where a page from disk may not use the clipboard
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    say(`copied as ${what}`);
  };
  tables.forEach((table) => {
    const tools = make("div", "");
    tools.className = "tools";
    tools.append(
      make("button", "Copy as Markdown", () => copy(asMarkdown(linesOf(table)), "Markdown")),
      make("button", "Copy as CSV", () => copy(asCsv(linesOf(table)), "CSV")),
    );
    table.parentElement.before(tools);
  });

  // --- folding ---
  const sections = all("details");
  const fold = document.getElementById("fold");
  fold.addEventListener("click", () => {
    const open = sections.every((section) => !section.open);
    sections.forEach((section) => { section.open = open; });
    fold.textContent = open ? "Fold all sections" : "Unfold all sections";
  });
  const nameIn = (hash) => {
    try {
      return decodeURIComponent(hash.slice(1));
    } catch {
      return ""; // a % that begins no character leads nowhere
    }
  };
  const openTarget = () => {
    const target = document.getElementById(nameIn(location.hash));
    if (target?.tagName === "DETAILS") target.open = true;
  };
  window.addEventListener("hashchange", openTarget);
  openTarget();
  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = sections.filter((section) => !section.open);
    folded.forEach((section) => { section.open = true; });
  });
  window.addEventListener("afterprint", () => {
    folded.forEach((section) => { section.open = false; });
  });

  controls.hidden = false;
})();
