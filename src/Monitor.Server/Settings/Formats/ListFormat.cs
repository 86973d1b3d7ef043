using System.Diagnostics.CodeAnalysis;

namespace Monitor.Server.Settings;

internal sealed class ListFormat<T>(ValueFormat<T> item) : ValueFormat<IReadOnlyList<T>>
{
    public override string ValueName => item.ValueName + ",...";

    public override string Expected => $"a list, separated by commas, of which each is {item.Expected}";

    public override bool IsList => true;

    public override bool TryParse(string text, [MaybeNullWhen(false)] out IReadOnlyList<T> value)
    {
        var items = new List<T>();
        value = items;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!item.TryParse(part, out var parsed))
            {
                return false;
            }

            items.Add(parsed);
        }

        return true;
    }
}
