/**
 * What an effect (or a `ref` callback) returns is called by React as its clean-up.
 *
 * Types cannot guard this: `scrollIntoView` is typed `void` and answers a promise in today's Chromium, and React then
 * calls that promise and the whole page is gone. So only what is written as a function may be returned: a function,
 * or the name of one that is declared in the same file.
 */
const EFFECTS = new Set(['useEffect', 'useLayoutEffect', 'useInsertionEffect']);
const FUNCTIONS = new Set(['ArrowFunctionExpression', 'FunctionExpression', 'FunctionDeclaration']);

const nameOf = (callee) =>
  callee.type === 'MemberExpression' ? callee.property.name : callee.type === 'Identifier' ? callee.name : '';

/** @type {import('eslint').Rule.RuleModule} */
const rule = {
  meta: {
    type: 'problem',
    docs: { description: 'effects and ref callbacks return nothing, or a clean-up function written out' },
    messages: {
      value:
        'React calls what {{ what }} returns as its clean-up. Put the call in braces, or return a function: `() => …`.',
    },
    schema: [],
  },
  create(context) {
    /** Whether `node` is a function for sure, by what is written. */
    function isFunction(node) {
      if (!node) return true;
      if (FUNCTIONS.has(node.type)) return true;
      if (node.type === 'ConditionalExpression')
        return isFunction(node.consequent) && isFunction(node.alternate);
      if (node.type !== 'Identifier') return false;
      if (node.name === 'undefined') return true;
      let scope = context.sourceCode.getScope(node);
      while (scope && !scope.set.has(node.name)) scope = scope.upper;
      const declared = scope?.set.get(node.name)?.defs[0]?.node;
      return declared !== undefined && (FUNCTIONS.has(declared.type) || FUNCTIONS.has(declared.init?.type));
    }
    function check(callback, what) {
      if (!callback || !FUNCTIONS.has(callback.type)) return;
      const report = (node) => context.report({ node, messageId: 'value', data: { what } });
      if (callback.async || callback.generator) return report(callback);
      if (callback.body.type !== 'BlockStatement') {
        if (!isFunction(callback.body)) report(callback.body);
        return;
      }
      for (const returned of returnsOf(callback.body, context.sourceCode.visitorKeys))
        if (!isFunction(returned)) report(returned);
    }
    return {
      CallExpression(node) {
        const name = nameOf(node.callee);
        if (EFFECTS.has(name)) check(node.arguments[0], 'an effect');
      },
      'JSXAttribute[name.name="ref"]'(node) {
        if (node.value?.type === 'JSXExpressionContainer') check(node.value.expression, 'a ref callback');
      },
    };
  },
};

/** What the function's own `return`s give, without those of functions inside it. */
function* returnsOf(node, keys) {
  if (node.type === 'ReturnStatement') {
    if (node.argument) yield node.argument;
    return;
  }
  if (FUNCTIONS.has(node.type)) return;
  for (const key of keys[node.type] ?? [])
    for (const child of [node[key]].flat()) if (child) yield* returnsOf(child, keys);
}

export default rule;
