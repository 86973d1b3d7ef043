using System.Globalization;
using System.Text;
using Google.Protobuf.Collections;
using Monitor.Protocol;
using Kind = Monitor.V1.CustomValue.KindOneofCase;

namespace Monitor.Events;

/// <summary>
/// One condition on a field of the user's own monitors, such as <c>latency>1ms</c>. An event without the field, or with a value
/// of another kind, does not meet it.
/// </summary>
public sealed class FieldCondition
{
    /// <summary>How the filter spells conditions.</summary>
    public const string Accepted =
        "must be a field's name, one of = != < <= > >=, and a value, such as latency>1ms or path=/etc/passwd.";

    // The longer ones first.
    private static readonly string[] Operators = ["!=", "<=", ">=", "=", "<", ">"];

    private readonly byte[] _name;
    private readonly byte[] _text;
    private readonly bool _isPrefix;
    private readonly Int128? _number;
    private readonly Int128? _nanos;
    private readonly Int128? _time;
    private readonly bool? _flag;

    private FieldCondition(string name, string comparison, string value)
    {
        Name = name;
        Operator = comparison;
        Value = value;
        _name = Encoding.UTF8.GetBytes(name);
        _isPrefix = value.EndsWith('*');
        _text = Encoding.UTF8.GetBytes(_isPrefix ? value[..^1] : value);
        _number = Int128.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
        _nanos = _number ?? DurationText.ToNanos(value);
        _time = DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? (time - DateTimeOffset.UnixEpoch).Ticks * (Int128)TimeSpan.NanosecondsPerTick
            : null;
        _flag = value switch { "true" => true, "false" => false, _ => null };
    }

    /// <summary>The field.</summary>
    public string Name { get; }

    /// <summary>=, !=, &lt;, &lt;=, > or >=.</summary>
    public string Operator { get; }

    /// <summary>What it is compared with.</summary>
    public string Value { get; }

    /// <summary>Whether it compares for equality only, which all kinds of fields can.</summary>
    public bool IsEquality => Operator is "=" or "!=";

    /// <summary>Whether the value is a whole number.</summary>
    public bool HasNumber => _number is not null;

    /// <summary>Whether it is a duration, or a number of nanoseconds.</summary>
    public bool HasDuration => _nanos is not null;

    /// <summary>Whether it is a moment.</summary>
    public bool HasTime => _time is not null;

    /// <summary>Whether it is true or false.</summary>
    public bool HasFlag => _flag is not null;

    /// <summary>Whether it takes any end of a text.</summary>
    public bool IsPrefix => _isPrefix;

    /// <summary>Reads the conditions of a filter.</summary>
    /// <param name="values">As clients wrote them.</param>
    /// <exception cref="FilterException">One is none.</exception>
    public static IReadOnlyList<FieldCondition> Read(RepeatedField<string> values) => [.. values.Select(Parse)];

    /// <summary>Whether an event meets it.</summary>
    /// <param name="detail">The encoded CustomDetail of the event.</param>
    internal bool Matches(ReadOnlySpan<byte> detail) =>
        CustomReader.TryFind(detail, _name, out var value)
        && CustomReader.TryOpen(value, out var kind, out var number, out var bytes)
        && (kind == Kind.List ? MatchesElements(bytes) : MatchesValue(kind, number, bytes));

    private static FieldCondition Parse(string text)
    {
        var at = text.AsSpan().IndexOfAny("=<>!");
        if (at > 0 && Operators.FirstOrDefault(candidate => text.AsSpan(at).StartsWith(candidate)) is { } comparison)
        {
            return new FieldCondition(text[..at], comparison, text[(at + comparison.Length)..]);
        }

        throw new FilterException("field", text, Accepted);
    }

    // Of a list, one element must be equal, greater, less; and none, where it must not be equal.
    private bool MatchesElements(ReadOnlySpan<byte> list)
    {
        var reader = new WireReader(list);
        while (CustomReader.TryReadElement(ref reader, out var element))
        {
            if (CustomReader.TryOpen(element, out var kind, out var number, out var bytes)
                && MatchesValue(kind, number, bytes) != (Operator == "!="))
            {
                return Operator != "!=";
            }
        }

        return Operator == "!=";
    }

    private bool MatchesValue(Kind kind, ulong number, ReadOnlySpan<byte> bytes) => kind switch
    {
        Kind.Integer => Compares((long)number, _number),
        Kind.Number => Compares(number, _number),
        Kind.Flag => _flag is { } flag && IsEquality && (number != 0 == flag) == (Operator == "="),
        Kind.Text => IsEquality && EqualsText(bytes) == (Operator == "="),
        Kind.Duration => Nanos(bytes) is { } duration && Compares(duration, _nanos),
        Kind.Time => Nanos(bytes) is { } time && Compares(time, _time),
        _ => false,
    };

    private bool EqualsText(ReadOnlySpan<byte> text) => _isPrefix ? text.StartsWith(_text) : text.SequenceEqual(_text);

    private bool Compares(Int128 left, Int128? right) => right is { } value && Operator switch
    {
        "=" => left == value,
        "!=" => left != value,
        "<" => left < value,
        "<=" => left <= value,
        ">" => left > value,
        _ => left >= value,
    };

    private static Int128? Nanos(ReadOnlySpan<byte> bytes)
    {
        var time = default(WireTime);
        return time.TryMerge(bytes) ? (Int128)time.Seconds * 1_000_000_000 + time.Nanos : null;
    }
}
