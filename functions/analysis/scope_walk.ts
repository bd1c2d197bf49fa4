/**
 * Finds the names that a function uses and does not declare.
 *
 * @module
 */
import type {
  AnonymousFunctionDeclaration,
  AnyNode,
  ArrowFunctionExpression,
  Class,
  ClassExpression,
  FunctionDeclaration,
  FunctionExpression,
  MethodDefinition,
  PrivateIdentifier,
  PropertyDefinition,
  StaticBlock,
  VariableDeclaration,
} from "acorn";
import type { RefusalName } from "./unshippable_function.ts";

/** One use of a name. */
export interface NameUse {
  /** The name. */
  readonly name: string;
  /** Whether it is read, assigned to, or asked for with `typeof name`. */
  readonly kind: "read" | "assign" | "typeof";
  /** Whether a class needs it while it is being defined. */
  readonly eager: boolean;
  /** Where it stands. */
  readonly start: number;
}

/**
 * Where `this`, `super` and `new.target` come from: from outside of what is
 * shipped, from a function in it, or from a member of an object or class.
 */
type Home = "outside" | "function" | "member";

interface Scope {
  /** What the scope declares. */
  readonly names: Set<string>;
  /** Whether `var` declares here. */
  readonly takesVar: boolean;
  /** How many uses were on the list when the scope began. */
  readonly usesBefore: number;
}

type FunctionNode =
  | ArrowFunctionExpression
  | FunctionExpression
  | FunctionDeclaration
  | AnonymousFunctionDeclaration;

/** What a pattern does with its names. */
type Binding = "var" | "block" | "assign";

/**
 * Walks one function. Each scope, when it ends, strikes its own names from
 * the list of uses, so declarations count from the start of their scope.
 */
export class ScopeWalk {
  readonly #refuse: (why: RefusalName, position: number) => never;
  readonly #uses: NameUse[] = [];
  readonly #scopes: Scope[] = [];
  readonly #privateNames: Set<string>[] = [];
  #home: Home = "outside";
  #eager = false;

  /** @param refuse Called for what cannot be shipped; throws. */
  constructor(refuse: (why: RefusalName, position: number) => never) {
    this.#refuse = refuse;
  }

  /** The uses of undeclared names of a function or class, in order. */
  expression(
    node: ArrowFunctionExpression | FunctionExpression | ClassExpression,
  ): readonly NameUse[] {
    this.#eager = node.type === "ClassExpression";
    this.#visit(node);
    return this.#finish();
  }

  /** The uses of undeclared names of a method, in order. */
  method(node: FunctionExpression): readonly NameUse[] {
    // A method that is shipped leaves its home behind, and `super` with it.
    this.#function(node, "function");
    return this.#finish();
  }

  #finish(): readonly NameUse[] {
    for (const { name, start } of this.#uses) {
      if (name === "arguments") this.#refuse("arguments", start);
    }
    return this.#uses;
  }

  #visit(node: AnyNode): void {
    switch (node.type) {
      case "Identifier":
        return this.#use(node.name, "read", node.start);
      case "Literal":
        return;
      case "ThisExpression":
        if (this.#home === "outside") this.#refuse("this", node.start);
        return;
      case "Super":
        if (this.#home !== "member") this.#refuse("super", node.start);
        return;
      case "MetaProperty":
        if (node.meta.name === "import") {
          this.#refuse("importMeta", node.start);
        }
        if (this.#home === "outside") this.#refuse("newTarget", node.start);
        return;
      case "PrivateIdentifier":
        return this.#usePrivate(node);
      case "UnaryExpression":
        if (node.operator === "typeof" && node.argument.type === "Identifier") {
          const { name, start } = node.argument;
          return this.#use(name, "typeof", start);
        }
        return this.#visit(node.argument);
      case "UpdateExpression":
        return this.#pattern(node.argument, "assign");
      case "AssignmentExpression":
        this.#pattern(node.left, "assign");
        return this.#visit(node.right);
      case "CallExpression":
        if (
          node.callee.type === "Identifier" && node.callee.name === "eval" &&
          !node.optional
        ) this.#refuse("eval", node.start);
        return this.#children(node);
      case "MemberExpression":
        this.#visit(node.object);
        if (node.computed || node.property.type === "PrivateIdentifier") {
          this.#visit(node.property);
        }
        return;
      default:
        return this.#visitScoped(node);
    }
  }

  /** Visits what declares names or has a scope of its own, and the rest. */
  #visitScoped(node: AnyNode): void {
    switch (node.type) {
      case "Property":
        if (node.computed) this.#visit(node.key);
        if (
          node.value.type === "FunctionExpression" &&
          (node.method || node.kind !== "init")
        ) return this.#function(node.value, "member");
        return this.#visit(node.value);
      case "FunctionExpression":
        return this.#function(node, "function");
      case "ArrowFunctionExpression":
        return this.#function(node, this.#home);
      case "FunctionDeclaration":
        if (node.id) this.#declare(node.id.name, "block");
        return this.#function(node, "function");
      case "ClassDeclaration":
        if (node.id) this.#declare(node.id.name, "block");
        return this.#class(node);
      case "ClassExpression":
        return this.#class(node);
      case "VariableDeclaration":
        return this.#variables(node);
      case "ForInStatement":
      case "ForOfStatement":
        return this.#scope(false, () => {
          if (node.left.type === "VariableDeclaration") this.#visit(node.left);
          else this.#pattern(node.left, "assign");
          this.#visit(node.right);
          this.#visit(node.body);
        });
      case "BlockStatement":
      case "ForStatement":
        return this.#scope(false, () => this.#children(node));
      case "SwitchStatement":
        this.#visit(node.discriminant);
        return this.#scope(false, () => node.cases.forEach(this.#each));
      case "CatchClause":
        return this.#scope(false, () => {
          if (node.param) this.#pattern(node.param, "block");
          this.#visit(node.body);
        });
      case "LabeledStatement":
        return this.#visit(node.body);
      case "BreakStatement":
      case "ContinueStatement":
        return;
      default:
        return this.#children(node);
    }
  }

  readonly #each = (node: AnyNode): void => this.#visit(node);

  /** Visits the parts of a node that scopes have no rule for. */
  #children(node: AnyNode): void {
    for (const value of Object.values(node)) {
      if (isNode(value)) this.#visit(value);
      else if (Array.isArray(value)) {
        for (const item of value) if (isNode(item)) this.#visit(item);
      }
    }
  }

  #variables(node: VariableDeclaration): void {
    const binding = node.kind === "var" ? "var" : "block";
    for (const { id, init } of node.declarations) {
      this.#pattern(id, binding);
      if (init) this.#visit(init);
    }
  }

  #pattern(node: AnyNode, binding: Binding): void {
    switch (node.type) {
      case "Identifier":
        return binding === "assign"
          ? this.#use(node.name, "assign", node.start)
          : this.#declare(node.name, binding);
      case "ObjectPattern":
        for (const part of node.properties) this.#pattern(part, binding);
        return;
      case "Property":
        if (node.computed) this.#visit(node.key);
        return this.#pattern(node.value, binding);
      case "ArrayPattern":
        for (const part of node.elements) {
          if (part !== null) this.#pattern(part, binding);
        }
        return;
      case "RestElement":
        return this.#pattern(node.argument, binding);
      case "AssignmentPattern":
        this.#pattern(node.left, binding);
        return this.#visit(node.right);
      default:
        return this.#visit(node);
    }
  }

  #function(node: FunctionNode, home: Home): void {
    const outerHome = this.#home;
    this.#home = home;
    // Parameters and body are two scopes: a default cannot see what the body
    // declares.
    this.#scope(false, () => {
      if (node.type === "FunctionExpression" && node.id) {
        this.#declare(node.id.name, "block");
      }
      if (node.type !== "ArrowFunctionExpression") {
        this.#declare("arguments", "block");
      }
      for (const parameter of node.params) this.#pattern(parameter, "block");
      const { body } = node;
      if (body.type !== "BlockStatement") return this.#visit(body);
      this.#scope(true, () => body.body.forEach(this.#each));
    });
    this.#home = outerHome;
  }

  #class(node: Class): void {
    const isShipped = this.#scopes.length === 0;
    this.#scope(false, () => {
      if (node.id) this.#declare(node.id.name, "block");
      if (node.superClass) this.#visit(node.superClass);
      this.#privateNames.push(privateNamesOf(node));
      for (const member of node.body.body) this.#member(member, isShipped);
      this.#privateNames.pop();
    });
  }

  #member(
    member: MethodDefinition | PropertyDefinition | StaticBlock,
    isShipped: boolean,
  ): void {
    const [outerHome, outerEager] = [this.#home, this.#eager];
    if (member.type === "StaticBlock") {
      this.#home = "member";
      this.#scope(true, () => member.body.forEach(this.#each));
    } else {
      if (member.computed) this.#visit(member.key);
      const { value } = member;
      this.#home = "member";
      // Methods and fields run after the class is defined, unless they are
      // called while it is; what is static runs at once.
      const isLater = member.type === "MethodDefinition" || !member.static;
      if (isShipped && isLater) this.#eager = false;
      if (member.type === "MethodDefinition") {
        this.#function(member.value, "member");
      } else if (value) this.#visit(value);
    }
    this.#home = outerHome;
    this.#eager = outerEager;
  }

  #scope(takesVar: boolean, walk: () => void): void {
    const usesBefore = this.#uses.length;
    const scope = { names: new Set<string>(), takesVar, usesBefore };
    this.#scopes.push(scope);
    walk();
    this.#scopes.pop();
    if (scope.names.size > 0) this.#strike(scope);
  }

  #strike({ names, usesBefore }: Scope): void {
    let kept = usesBefore;
    for (let index = usesBefore; index < this.#uses.length; index++) {
      const use = this.#uses[index];
      if (use !== undefined && !names.has(use.name)) this.#uses[kept++] = use;
    }
    this.#uses.length = kept;
  }

  #declare(name: string, binding: "var" | "block"): void {
    const scope = binding === "block"
      ? this.#scopes.at(-1)
      : this.#scopes.findLast(({ takesVar }) => takesVar);
    scope?.names.add(name);
  }

  #use(name: string, kind: NameUse["kind"], start: number): void {
    this.#uses.push({ name, kind, eager: this.#eager, start });
  }

  #usePrivate({ name, start }: PrivateIdentifier): void {
    if (this.#privateNames.some((names) => names.has(name))) return;
    this.#refuse("privateName", start);
  }
}

function privateNamesOf(node: Class): Set<string> {
  const names = new Set<string>();
  for (const member of node.body.body) {
    if (member.type === "StaticBlock") continue;
    if (member.key.type === "PrivateIdentifier") names.add(member.key.name);
  }
  return names;
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && "type" in value &&
    typeof value.type === "string";
}
