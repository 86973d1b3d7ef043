using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>
/// The columns of an export: the fields of every event by the names that they have in JSON, the main fields of the details, whether
/// the event reports a failure, what a loss says, and the whole as JSON.
/// </summary>
internal static class ParquetColumns
{
    /// <summary>Fields of details that have a column. Details that have one of the same name share it; a duration is in seconds, and
    /// its column says so.</summary>
    public static IReadOnlyList<string> DetailFields { get; } =
    [
        "outcome", "error", "reason", "cause", "direction", "state", "return_code", "handshake_time", "accept_queue_time", "duration", "latency",
        "smoothed_rtt", "minimum_rtt", "bytes_sent", "bytes_acknowledged", "bytes_received", "retransmits", "count", "length", "interface",
        "name", "query_type", "response_code",
    ];

    /// <summary>New columns without values. The last is <c>event</c>.</summary>
    public static IReadOnlyList<ParquetColumn> Create() =>
    [
        .. Event.Descriptor.Fields.InDeclarationOrder()
            .Where(field => field.ContainingOneof is not { IsSynthetic: false })
            .Select(field => Of(field.JsonName, field.FieldType, row => ValueOf(field, row.Event), IsTime(field))),
        new ParquetValue<bool>("failed", row => row.Event?.ReportsFailure()),
        .. DetailFields.Select(OfDetails),
        new ParquetValue<ulong>("loss_count", row => row.Loss is { Count: > 0 } loss ? loss.Count : null),
        new ParquetJson("loss", row => row.Loss),
        new ParquetJson("event", row => row.Event),
    ];

    private static bool IsTime(FieldDescriptor field) =>
        field.FieldType == FieldType.Message && field.MessageType.FullName == Timestamp.Descriptor.FullName;

    private static ParquetColumn OfDetails(string name)
    {
        var fields = Event.Descriptor.FindFieldByName("connection").ContainingOneof.Fields
            .Select(detail => (Detail: detail, Field: detail.MessageType.FindFieldByName(name)))
            .Where(found => found.Field is not null)
            .ToDictionary(found => found.Detail, found => found.Field);
        // All of one type, or some of them unsigned in 64 bits and the others in 32.
        var types = fields.Values.Select(field => field.FieldType).Distinct().ToList();
        var type = types.Contains(FieldType.UInt64) ? FieldType.UInt64 : types.Single();
        object? Read(ExportRow row) =>
            row.DetailField is { } detail && fields.TryGetValue(detail, out var field) ? ValueOf(field, row.Detail) : null;

        return type == FieldType.Message
            ? new ParquetValue<double>(name + "_seconds", row => Read(row) is Duration duration ? duration.Seconds + duration.Nanos / 1e9 : null)
            : Of(name, type, Read, isTime: false);
    }

    private static ParquetColumn Of(string name, FieldType type, Func<ExportRow, object?> read, bool isTime) => type switch
    {
        FieldType.String or FieldType.Enum => new ParquetText(name, row => (string?)read(row)),
        FieldType.Int32 => new ParquetValue<int>(name, row => (int?)read(row)),
        FieldType.UInt32 => new ParquetValue<uint>(name, row => (uint?)read(row)),
        FieldType.UInt64 => new ParquetValue<ulong>(name, row => read(row) is { } value ? Convert.ToUInt64(value, null) : null),
        _ when isTime => new ParquetTime(name, row => ((Timestamp?)read(row))?.ToDateTime()),
        _ => throw new NotSupportedException($"The field {name} has no column: {type}."),
    };

    private static object? ValueOf(FieldDescriptor field, Google.Protobuf.IMessage? message)
    {
        if (message is null || (field.HasPresence && !field.Accessor.HasValue(message)))
        {
            return null;
        }

        var value = field.Accessor.GetValue(message);
        return field.FieldType == FieldType.Enum ? NameOf(field.EnumType, (int)value) : value;
    }

    // As JSON has it: a value of a later version by its number.
    private static string NameOf(EnumDescriptor type, int number) =>
        type.FindValueByNumber(number)?.Name ?? number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
