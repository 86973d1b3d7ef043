using System.Text.RegularExpressions;

namespace Monitor.Server;

/// <summary>The path of an http rule as OpenAPI writes it, where a variable has a name and nothing else.</summary>
/// <param name="Text">For example <c>/v1/{name}:archive</c> for <c>/v1/{name=shelves/*}:archive</c>.</param>
/// <param name="Variables">What stands in braces, in order.</param>
internal sealed partial record RestPath(string Text, IReadOnlyList<RestPathVariable> Variables)
{
    /// <summary>Reads the path of a rule. The server has checked its grammar when it mapped it.</summary>
    public static RestPath Parse(string template)
    {
        var variables = new List<RestPathVariable>();
        var text = Variable().Replace(template, match =>
        {
            var pattern = match.Groups["pattern"].Value;
            // A wildcard outside of a variable sets no field, and still has to be given.
            var variable = match.Groups["name"] is { Success: true, Value: var name }
                ? new RestPathVariable(name, name, pattern is "" or "*" ? null : pattern)
                : new RestPathVariable($"segment{variables.Count + 1}", null, match.Value == "*" ? null : match.Value);
            variables.Add(variable);
            return $"{{{variable.Name}}}";
        });
        return new RestPath(text, variables);
    }

    [GeneratedRegex(@"\{(?<name>[^=}]+)(=(?<pattern>[^}]*))?\}|\*\*?")]
    private static partial Regex Variable();
}
