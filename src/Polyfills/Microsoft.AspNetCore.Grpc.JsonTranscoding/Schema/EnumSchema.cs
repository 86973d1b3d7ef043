using System.Text;
using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;

/// <summary>The names of an enum's values, both ways.</summary>
internal sealed class EnumSchema
{
    private readonly Dictionary<int, byte[]> _json = [];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly byte[][] _dense;

    public EnumSchema(EnumDescriptor descriptor, bool removePrefix)
    {
        Descriptor = descriptor;
        IsNullValue = descriptor.FullName == "google.protobuf.NullValue";
        foreach (var value in descriptor.Values)
        {
            var name = removePrefix ? WithoutPrefix(descriptor.Name, value.Name) : value.Name;
            // Of aliases, the one declared first is written; all are read.
            _json.TryAdd(value.Number, IsNullValue ? "null"u8.ToArray() : Encoding.ASCII.GetBytes($"\"{name}\""));
            _numbers.TryAdd(name, value.Number);
        }

        foreach (var value in descriptor.Values)
        {
            _numbers.TryAdd(value.Name, value.Number);
        }

        // Nearly all enums count from 0 without gaps.
        var dense = 0;
        while (dense < 1024 && _json.ContainsKey(dense))
        {
            dense++;
        }

        _dense = [.. Enumerable.Range(0, dense).Select(i => _json[i])];
        Names = string.Join(", ", descriptor.Values.Select(v => removePrefix ? WithoutPrefix(descriptor.Name, v.Name) : v.Name));
    }

    public EnumDescriptor Descriptor { get; }

    /// <summary>True for google.protobuf.NullValue, which is JSON null.</summary>
    public bool IsNullValue { get; }

    /// <summary>All names, for messages about a value that is none of them.</summary>
    public string Names { get; }

    /// <summary>The quoted name of a number, or null where the enum has none.</summary>
    public byte[]? JsonOf(int number)
    {
        if ((uint)number < (uint)_dense.Length)
        {
            return _dense[number];
        }

        return _json.GetValueOrDefault(number);
    }

    public bool TryParse(ReadOnlySpan<char> name, out int number) =>
        _numbers.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out number);

    /// <summary>
    /// Takes the enum's name off the front of a value's name, whatever the case and the underscores: LOG_LEVEL_WARN of
    /// LogLevel becomes WARN. What begins with a digit afterwards gets an underscore; what has nothing else stays.
    /// </summary>
    internal static string WithoutPrefix(string enumName, string valueName)
    {
        var rest = valueName.AsSpan();
        foreach (var letter in enumName)
        {
            if (letter == '_')
            {
                continue;
            }

            rest = rest.TrimStart('_');
            if (rest.IsEmpty || char.ToLowerInvariant(rest[0]) != char.ToLowerInvariant(letter))
            {
                return valueName;
            }

            rest = rest[1..];
        }

        rest = rest.TrimStart('_');
        if (rest.IsEmpty)
        {
            return valueName;
        }

        return char.IsAsciiDigit(rest[0]) ? $"_{rest}" : rest.ToString();
    }
}
