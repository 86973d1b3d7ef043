namespace Monitor.Bpf.Schema;

/// <summary>What an object would do, read from its file before anything of it goes to the kernel.</summary>
/// <param name="Programs">Its programs, in the order of the file.</param>
/// <param name="Maps">Its maps, in the order of the file.</param>
/// <param name="VariableBytes">Kernel memory for its global variables.</param>
public sealed record ObjectInspection(
    IReadOnlyList<ProgramInspection> Programs, IReadOnlyList<MapInspection> Maps, long VariableBytes)
{
    private const int MaximumSectionLength = 256;

    /// <summary>Kernel memory of all maps and variables, as far as it can be told before.</summary>
    public long Bytes => Maps.Aggregate(VariableBytes, (sum, map) => sum > long.MaxValue - map.Bytes ? long.MaxValue : sum + map.Bytes);

    /// <summary>Inspects it.</summary>
    /// <param name="bpfObject">Opened and not loaded, and its programs' <see cref="BpfProgram.AutoLoad"/> as the file has it.</param>
    /// <exception cref="BpfException">Its code, names or metrics are unsound.</exception>
    /// <exception cref="InvalidOperationException">It is loaded.</exception>
    public static ObjectInspection Of(BpfObject bpfObject)
    {
        ArgumentNullException.ThrowIfNull(bpfObject);
        var failure = new SchemaFailure("inspecting", bpfObject.Name);
        var code = new ObjectCode(
            bpfObject.File ?? throw new InvalidOperationException($"{bpfObject.Name} can be inspected only before it is loaded."),
            bpfObject.Types,
            failure);
        var metrics = MetricMap.ReadAll(bpfObject);
        return new ObjectInspection(
            [.. bpfObject.Programs.Select(program => Inspect(program, code, failure))],
            [.. bpfObject.Maps.Select(map => Inspect(map, metrics, failure))],
            bpfObject.VariableBytes);
    }

    private static ProgramInspection Inspect(BpfProgram program, ObjectCode code, SchemaFailure failure)
    {
        var calls = code.CallsOf(CheckName(program.Name, "a program", failure));
        if (program.Section.Length > MaximumSectionLength || !program.Section.All(char.IsAscii) || program.Section.Any(char.IsControl))
        {
            throw failure.Because($"the section of '{program.Name}' is not a line of text of at most {MaximumSectionLength} bytes");
        }

        return new ProgramInspection(
            program.Name,
            program.Section,
            program.TypeName,
            !program.AutoLoad,
            calls.Instructions,
            [.. calls.Helpers.Select(HelperNames.Of).Order(StringComparer.Ordinal)],
            [.. calls.KernelFunctions.Order(StringComparer.Ordinal)]);
    }

    private static MapInspection Inspect(BpfMap map, IReadOnlyList<MetricMap> metrics, SchemaFailure failure) => new(
        CheckName(map.Name, "a map", failure),
        map.Type,
        (uint)map.KeySize,
        (uint)map.ValueSize,
        map.MaxEntries,
        MapMemory.Estimate(map),
        metrics.FirstOrDefault(metric => metric.Name == map.Name));

    private static string CheckName(string name, string what, SchemaFailure failure) => SchemaFailure.IsIdentifier(name)
        ? name
        : throw failure.Because($"{what} has a name that is none in C, or longer than {SchemaFailure.MaximumNameBytes} bytes");
}
