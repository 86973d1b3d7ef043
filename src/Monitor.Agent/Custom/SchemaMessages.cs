using Monitor.Bpf.Schema;
using Monitor.V1;

namespace Monitor.Agent.Custom;

/// <summary>Describes a user's own monitor to clients.</summary>
internal static class SchemaMessages
{
    /// <summary>What an object's events and metrics are.</summary>
    public static MonitorSchema Describe(CustomObject custom, CommonFields common)
    {
        var schema = new MonitorSchema { ObjectSha256 = custom.Sha256 };
        schema.Fields.AddRange(custom.Schema.Fields.Skip(1).Select(field => Describe(field, common.Contains(field))));
        schema.Metrics.AddRange(custom.Inspection.Maps.Select(map => map.Metric).OfType<MetricMap>().Select(metric => new MonitorMetric
        {
            Name = metric.Name,
            Doc = metric.Description,
            Kind = KindOf(metric.Kind),
            Labels = { metric.KeyFields.Select(field => field.Name) },
        }));
        schema.Helpers.AddRange(custom.Inspection.Programs.SelectMany(program => program.Helpers.Concat(program.KernelFunctions)).Distinct().Order(StringComparer.Ordinal));
        return schema;
    }

    /// <summary>How clients call a kind of fields.</summary>
    public static string KindOf(FieldKind kind) => kind switch
    {
        FieldKind.Signed => "integer",
        FieldKind.Unsigned => "number",
        FieldKind.Boolean => "flag",
        FieldKind.Enum => "enum",
        FieldKind.Text => "text",
        FieldKind.Bytes => "bytes",
        FieldKind.Duration => "duration",
        FieldKind.Time => "time",
        FieldKind.Ipv4 or FieldKind.Ip => "address",
        FieldKind.Port or FieldKind.NetworkPort => "port",
        FieldKind.KernelSymbol => "symbol",
        FieldKind.KernelStack => "stack",
        _ => "error",
    };

    /// <summary>How clients call a kind of metrics.</summary>
    public static MonitorMetric.Types.Kind KindOf(MetricKind kind) =>
        kind == MetricKind.Histogram ? MonitorMetric.Types.Kind.Histogram : MonitorMetric.Types.Kind.Counter;

    private static MonitorField Describe(RecordField field, bool isCommon) => new()
    {
        // Of the process its name in Event.
        Name = isCommon ? field.Name[(field.Name.LastIndexOf('.') + 1)..] : field.Name,
        Kind = KindOf(field.Kind),
        CType = field.TypeName,
        Doc = field.Doc,
        Count = field.IsList ? (uint)field.Count : 0,
        Values = { field.Names is null ? [] : field.Names.OrderBy(name => name.Key).Select(name => name.Value) },
        Common = isCommon,
    };
}
