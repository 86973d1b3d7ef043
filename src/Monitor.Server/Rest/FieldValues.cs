using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Monitor.Server;

/// <summary>
/// Says whether a text is a value of a request's field, and what the field takes. It accepts no more than transcoding
/// does, whose own message names neither the field nor what is accepted.
/// </summary>
internal static class FieldValues
{
    /// <summary>What is wrong with the value, for the client: the field, the value and what is accepted. Null where it is
    /// right, and for types that no request has.</summary>
    /// <param name="name">The field as the client wrote it.</param>
    /// <param name="field">The field; of a list, the value is one of its values.</param>
    /// <param name="text">The value as text, without the quotes of JSON.</param>
    public static string? Problem(string name, FieldDescriptor field, string text) =>
        IsValid(field, text) ? null : Unexpected(name, field, text);

    /// <summary>As <see cref="Problem"/>, for a value that is known to be wrong.</summary>
    public static string Unexpected(string name, FieldDescriptor field, string value) =>
        $"{name}: '{RequestFields.Shorten(value)}' must be {Accepted(field)}";

    /// <summary>What the field takes, in words.</summary>
    public static string Accepted(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Bool => "true or false",
        FieldType.UInt32 => WholeNumber(field, uint.MinValue, uint.MaxValue),
        FieldType.UInt64 => WholeNumber(field, 0, ulong.MaxValue),
        FieldType.Int32 => WholeNumber(field, int.MinValue, int.MaxValue),
        FieldType.Message when IsTimestamp(field) => "a time in RFC 3339, for example 2026-01-31T12:00:00Z",
        FieldType.Message when IsDuration(field) => "a duration of 0 or more seconds, for example 0.005s",
        _ => "text",
    };

    private static bool IsValid(FieldDescriptor field, string text) => field.FieldType switch
    {
        FieldType.Bool => bool.TryParse(text, out _) && !char.IsWhiteSpace(text[0]) && !char.IsWhiteSpace(text[^1]),
        FieldType.UInt32 => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _),
        FieldType.UInt64 => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _),
        FieldType.Int32 => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
        FieldType.Message when IsTimestamp(field) => Parses<Timestamp>(text),
        FieldType.Message when IsDuration(field) => !text.StartsWith('-') && Parses<Duration>(text),
        _ => true,
    };

    // What the rpc takes where that is known, which is less than the type holds.
    private static string WholeNumber(FieldDescriptor field, long least, ulong most)
    {
        var facts = ContractFacts.Fields.GetValueOrDefault(field.FullName);
        return string.Create(
            CultureInfo.InvariantCulture, $"a whole number from {facts?.Minimum ?? least} to {(ulong?)facts?.Maximum ?? most}");
    }

    private static bool IsTimestamp(FieldDescriptor field) => field.MessageType.FullName == Timestamp.Descriptor.FullName;

    private static bool IsDuration(FieldDescriptor field) => field.MessageType.FullName == Duration.Descriptor.FullName;

    private static bool Parses<T>(string text)
        where T : IMessage, new()
    {
        try
        {
            JsonParser.Default.Parse<T>(JsonFormatter.ToDiagnosticString(new StringValue { Value = text }));
            return true;
        }
        catch (Exception bad) when (bad is InvalidProtocolBufferException or InvalidJsonException or FormatException or ArgumentException)
        {
            return false;
        }
    }
}
