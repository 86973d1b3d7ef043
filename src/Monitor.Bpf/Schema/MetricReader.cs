using Monitor.Bpf.Btf;

namespace Monitor.Bpf.Schema;

/// <summary>Finds the maps of an object that are metrics.</summary>
internal sealed class MetricReader(BtfTypes types, BpfObject bpfObject)
{
    private const string MapSection = ".maps";
    private const string CounterType = "counter_t";
    private const string HistogramStruct = "histogram";

    // A scrape reads every key of every metric.
    private const int MaximumMetrics = 64;
    private const int MaximumLabels = 16;

    internal List<MetricMap> ReadAll()
    {
        var metrics = new List<MetricMap>();
        for (uint id = 1; id < types.Count; id++)
        {
            if (types[id] is { Kind: BtfKind.DataSection } section && types.Name(section) == MapSection)
            {
                for (var i = 0; i < section.Count; i++)
                {
                    if (Read(types[types.Word(section.Details + (i * 12))]) is { } metric)
                    {
                        metrics.Add(metric);
                    }
                }
            }
        }

        return metrics.Count <= MaximumMetrics
            ? metrics
            : throw Failure("").Because($"it has {metrics.Count} metrics; at most {MaximumMetrics} are read");
    }

    // Null for a map that is none.
    private MetricMap? Read(in BtfType variable)
    {
        // A definition has a pointer to the type of a key in a member "key", and so on (__type() of libbpf).
        var definition = types.Resolve(variable.SizeOrType);
        var name = types.Text(variable.NameOffset, SchemaFailure.MaximumNameBytes);
        if (variable.Kind != BtfKind.Variable
            || definition.Kind != BtfKind.Struct
            || bpfObject.Maps.FirstOrDefault(m => m.Name == name) is not { } map
            || !CanBeRead(map.Type)
            || PointedTo(definition, "value") is not { } value)
        {
            return null;
        }

        var failure = Failure($"metric '{name}' of ");
        if (KindOf(value, failure) is not { } kind)
        {
            return null;
        }

        name = failure.Identifier(types, variable.NameOffset, "the map");
        if (PointedTo(definition, "key") is not { } key)
        {
            throw failure.Because("the type of its key is not known: use __type(key, …)");
        }

        if (types.SizeOf(key) != map.KeySize || types.SizeOf(value) != map.ValueSize)
        {
            throw failure.Because(
                $"its types have {types.SizeOf(key)} and {types.SizeOf(value)} bytes, the map has keys of {map.KeySize} and values of {map.ValueSize}");
        }

        var tags = new DeclarationTags(types, failure);
        var isAlone = map is { Type: BpfMapType.Array or BpfMapType.PerCpuArray, MaxEntries: 1 };
        var labels = isAlone ? [] : new FieldReader(types, tags, failure).ReadValue(key, "key");
        return labels.Count <= MaximumLabels
            ? new MetricMap(name, tags.Of(variable, DeclarationTags.Itself, "the metric"), kind, labels)
            : throw failure.Because($"its key has {labels.Count} fields; at most {MaximumLabels} can be labels");
    }

    private MetricKind? KindOf(uint value, SchemaFailure failure)
    {
        for (var type = types[value]; type.IsAlias; type = types[type.SizeOrType])
        {
            if (type.Kind == BtfKind.Typedef && types.Text(type.NameOffset, SchemaFailure.MaximumNameBytes) == CounterType)
            {
                var number = types.Resolve(value);
                return IsUnsigned64((uint)number.Id)
                    ? MetricKind.Counter
                    : throw failure.Because($"{CounterType} must be a whole number of {MetricMap.CounterSize} bytes without a sign");
            }
        }

        var structure = types.Resolve(value);
        if (structure.Kind != BtfKind.Struct
            || types.Text(structure.NameOffset, SchemaFailure.MaximumNameBytes) != HistogramStruct)
        {
            return null;
        }

        return IsHistogram(structure)
            ? MetricKind.Histogram
            : throw failure.Because("struct histogram must be: __u64 sum; __u64 slots[64];");
    }

    private bool IsHistogram(in BtfType structure)
    {
        if (structure is not { SizeOrType: MetricMap.HistogramSize, Count: 2, KindFlag: false })
        {
            return false;
        }

        var (first, second) = (structure.Details, structure.Details + 12);
        var slots = types.Resolve(types.Word(second + 4));
        return types.Word(first + 8) == 0
            && IsUnsigned64(types.Word(first + 4))
            && types.Word(second + 8) == 64
            && slots.Kind == BtfKind.Array
            && types.Word(slots.Details + 8) == MetricMap.HistogramSlots
            && IsUnsigned64(types.Word(slots.Details));
    }

    // Size 8, and 64 bits that are neither signed nor bool.
    private bool IsUnsigned64(uint id) =>
        types.Resolve(id) is { Kind: BtfKind.Int, SizeOrType: 8 } number && types.Word(number.Details) == 64;

    private uint? PointedTo(in BtfType definition, string member)
    {
        for (var i = 0; i < definition.Count; i++)
        {
            var at = definition.Details + (i * 12);
            if (types.Text(types.Word(at), SchemaFailure.MaximumNameBytes) == member)
            {
                return types.Resolve(types.Word(at + 4)) is { Kind: BtfKind.Pointer } pointer ? pointer.SizeOrType : null;
            }
        }

        return null;
    }

    private static bool CanBeRead(BpfMapType type) => type is BpfMapType.Hash or BpfMapType.LruHash or BpfMapType.Array
        or BpfMapType.PerCpuHash or BpfMapType.LruPerCpuHash or BpfMapType.PerCpuArray;

    private SchemaFailure Failure(string of) => new("reading the metrics of", of.Length == 0 ? bpfObject.Name : $"{of}{bpfObject.Name}");
}
