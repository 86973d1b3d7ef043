namespace Microsoft.AspNetCore.Grpc.JsonTranscoding;

/// <summary>How messages are written as JSON and read from it. Every setting is off by default.</summary>
public sealed class GrpcJsonSettings
{
    /// <summary>
    /// True leaves out fields that have their default value. Fields with presence (messages, <c>optional</c> fields,
    /// members of a oneof) are left out where they are unset and written where they are set, whatever this says.
    /// </summary>
    public bool IgnoreDefaultValues { get; set; }

    /// <summary>True writes enum values as numbers instead of names.</summary>
    public bool WriteEnumsAsIntegers { get; set; }

    /// <summary>
    /// True writes 64-bit integers as JSON strings, as the protobuf JSON mapping has it, instead of JSON numbers. Both
    /// forms are always accepted.
    /// </summary>
    public bool WriteInt64sAsStrings { get; set; }

    /// <summary>
    /// True writes indented JSON over several lines. Server streaming ignores it: there, a line is a message.
    /// </summary>
    public bool WriteIndented { get; set; }

    /// <summary>
    /// True writes and reads the values of an enum without the enum's own name in front (<c>OK</c> for <c>STATUS_OK</c>
    /// of enum <c>Status</c>). Full names are still accepted.
    /// </summary>
    public bool RemoveEnumPrefix { get; set; }

    /// <summary>True matches the names of fields in requests whatever their case.</summary>
    public bool PropertyNameCaseInsensitive { get; set; }
}
