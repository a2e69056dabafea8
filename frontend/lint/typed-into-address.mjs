/**
 * What is typed must not be controlled by the address: it lags behind the keys, and React writes the stale text back.
 * `SearchField` owns its text and writes the address behind itself.
 */
const HOOKS = new Set(['useUrlState', 'useUrlChoice', 'useSearchParams']);
const TYPED = new Set(['input', 'textarea', 'Input', 'Textarea', 'Command.Input', 'TextField']);

const nameOf = (name) =>
  name.type === 'JSXMemberExpression' ? `${nameOf(name.object)}.${name.property.name}` : name.name;

/** @type {import('eslint').Rule.RuleModule} */
const rule = {
  meta: {
    type: 'problem',
    docs: { description: 'no text input whose value comes from the address' },
    messages: { raw: 'The address lags behind the keys and letters get lost: use SearchField here.' },
    schema: [],
  },
  create(context) {
    /** Whether the address is what the name `identifier` stands for, directly or through other constants. */
    function fromAddress(identifier, seen = new Set()) {
      let scope = context.sourceCode.getScope(identifier);
      while (scope && !scope.set.has(identifier.name)) scope = scope.upper;
      const variable = scope?.set.get(identifier.name);
      if (!variable || seen.has(variable)) return false;
      seen.add(variable);
      const declared = variable.defs[0]?.node;
      if (declared?.type !== 'VariableDeclarator' || !declared.init) return false;
      const { init } = declared;
      if (init.type === 'CallExpression' && HOOKS.has(init.callee.name)) return true;
      return mentionsAddress(init, seen);
    }
    function mentionsAddress(node, seen) {
      if (node.type === 'Identifier') return fromAddress(node, seen);
      if (node.type.endsWith('FunctionExpression')) return false;
      return (context.sourceCode.visitorKeys[node.type] ?? []).some((key) =>
        [node[key]].flat().some((child) => child && mentionsAddress(child, seen)),
      );
    }
    return {
      JSXAttribute(node) {
        if (node.name.name !== 'value' || node.value?.type !== 'JSXExpressionContainer') return;
        if (!TYPED.has(nameOf(node.parent.name))) return;
        if (mentionsAddress(node.value.expression, new Set())) context.report({ node, messageId: 'raw' });
      },
    };
  },
};

export default rule;
