/**
 * `ippd completions`: scripts with which shells complete the command line.
 *
 * @module
 */
import { Argument, Command } from "commander";
import { type CommandContext, example } from "./command_context.ts";
import { EXIT } from "./exit_codes.ts";

/** The shells that a script is made for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** One of the shells. */
export type Shell = (typeof SHELLS)[number];

/** What can follow the words of a path of subcommands. */
export interface CompletionNode {
  /** The subcommands before, without the program's name. */
  readonly path: readonly string[];
  /** What it does. */
  readonly summary: string;
  /** Names of the subcommands below. */
  readonly below: readonly string[];
  /** Its flags, long ones with their dashes. */
  readonly flags: readonly CompletionFlag[];
}

/** One flag. */
export interface CompletionFlag {
  /** With its dashes. */
  readonly name: string;
  /** What it does. */
  readonly summary: string;
  /** The words that may follow; empty where any may. */
  readonly choices: readonly string[];
}

/** Defines `ippd completions`. */
export function defineCompletions(
  command: Command,
  context: CommandContext,
): void {
  const { terminal, finish, subcommands } = context;
  command.description(
    "Print a script that completes subcommands and flags in a shell.",
  )
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .addHelpText(
      "after",
      example(
        "ippd completions bash > ~/.local/share/bash-completion/completions/ippd",
      ),
    )
    .action(async (shell: Shell) => {
      const nodes: CompletionNode[] = [];
      for (const name of subcommands.names) {
        const defined = new Command(name).summary(subcommands.summary(name));
        (await subcommands.load(name))(defined, context);
        nodes.push(...nodesOf(defined, [name]));
      }
      terminal.out(completionScript(shell, nodes));
      finish(EXIT.ok);
    });
}

function nodesOf(command: Command, path: readonly string[]): CompletionNode[] {
  const flags = command.options.filter(({ hidden }) => !hidden)
    .map((option) => ({
      name: option.long ?? option.short ?? "",
      summary: option.description,
      choices: option.argChoices ?? [],
    }));
  const summary = command.summary() === ""
    ? command.description()
    : command.summary();
  const below = command.commands.map((inner) => inner.name());
  return [
    { path, summary, below, flags },
    ...command.commands.flatMap((inner) =>
      nodesOf(inner, [...path, inner.name()])
    ),
  ];
}

/** The script for a shell. */
export function completionScript(
  shell: Shell,
  nodes: readonly CompletionNode[],
): string {
  switch (shell) {
    case "bash":
      return bashScript(nodes);
    case "zsh":
      // zsh understands bash's way after this.
      return `#compdef ippd\nautoload -U +X bashcompinit && bashcompinit\n${
        bashScript(nodes)
      }`;
    case "fish":
      return fishScript(nodes);
  }
}

function wordsOf({ below, flags }: CompletionNode): string {
  return [...below, ...flags.map(({ name }) => name), "--help"].join(" ");
}

function bashScript(nodes: readonly CompletionNode[]): string {
  const roots = nodes.filter(({ path }) => path.length === 1)
    .map(({ path }) => path[0]);
  const cases = nodes.map((node) =>
    `    "${node.path.join(" ")}") words="${wordsOf(node)}" ;;`
  );
  const choices = nodes.flatMap(({ path, flags }) =>
    flags.filter((flag) => flag.choices.length > 0).map((flag) =>
      `    "${path.join(" ")} ${flag.name}") words="${
        flag.choices.join(" ")
      }" ;;`
    )
  );
  const known = nodes.map(({ path }) => `"${path.join(" ")}"`).join("|");
  return `# Completes the words of ippd.
_ippd() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
    ${known}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path" in
    "") words="${roots.join(" ")} --help --version" ;;
${cases.join("\n")}
  esac
  case "$path \${COMP_WORDS[COMP_CWORD-1]}" in
${choices.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _ippd ippd
`;
}

function fishScript(nodes: readonly CompletionNode[]): string {
  const lines = ["# Completes the words of ippd."];
  for (const { path, summary, flags } of nodes) {
    const [name = "", inner] = path;
    const when = inner === undefined
      ? "__fish_use_subcommand"
      : `__fish_seen_subcommand_from ${name}`;
    lines.push(
      `complete -c ippd -f -n '${when}' -a ${inner ?? name} -d ${
        fishText(summary)
      }`,
    );
    const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`)
      .join("; and ");
    for (const flag of flags) {
      const values = flag.choices.length === 0
        ? ""
        : ` -x -a '${flag.choices.join(" ")}'`;
      const dashes = flag.name.startsWith("--") ? "-l" : "-s";
      const word = flag.name.replace(/^-+/, "");
      lines.push(
        `complete -c ippd -n '${seen}' ${dashes} ${word}${values} -d ${
          fishText(flag.summary)
        }`,
      );
    }
  }
  return lines.join("\n") + "\n";
}

function fishText(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
