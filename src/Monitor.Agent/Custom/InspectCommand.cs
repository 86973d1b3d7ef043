using System.Globalization;
using Monitor.Agent.Loading;
using Monitor.Bpf;
using Monitor.Server.Settings;

namespace Monitor.Agent.Custom;

/// <summary>
/// <c>monitor-agent inspect FILE</c>: what a monitor of the user's own would do, and whether this kernel takes it. Nothing of it
/// is attached.
/// </summary>
internal static class InspectCommand
{
    /// <summary>Describes an object.</summary>
    /// <param name="custom">The object.</param>
    /// <param name="settings">What it may do, and what it attaches to.</param>
    /// <param name="output">Where to.</param>
    /// <returns>The exit code: 0, or 1 where the agent would not load it.</returns>
    public static int Run(CustomObject custom, SettingValues settings, TextWriter output)
    {
        var inspection = custom.Inspection;
        output.WriteLine($"monitor   {custom.Name}: {custom.Schema.Description}");
        output.WriteLine($"object    sha256 {custom.Sha256}");
        WriteFields(custom, output);
        foreach (var program in inspection.Programs)
        {
            var optional = program.IsOptional ? ", optional" : "";
            output.WriteLine(Text($"program   {program.Name}: {program.Section}, {program.TypeName}, {program.Instructions} instructions{optional}"));
            output.WriteLine($"          calls {List(program.Helpers.Concat(program.KernelFunctions))}");
        }

        foreach (var map in inspection.Maps)
        {
            var metric = map.Metric is { } found
                ? $"; metric, {SchemaMessages.KindOf(found.Kind).ToString().ToLowerInvariant()} by {List(found.KeyFields.Select(field => field.Name))}"
                : "";
            output.WriteLine(Text($"map       {map.Name}: {map.Type}, {map.MaxEntries} entries, {map.Bytes} bytes{metric}"));
        }

        output.WriteLine(Text($"memory    {inspection.Bytes} bytes of maps in the kernel, and the rings"));
        var problem = ProblemOf(custom, settings);
        output.WriteLine($"allowed   {problem ?? "yes"}");
        var refusal = RefusalOf(custom);
        output.WriteLine($"kernel    {refusal ?? "takes it"}");
        return problem is null && refusal is null ? 0 : 1;
    }

    private static void WriteFields(CustomObject custom, TextWriter output)
    {
        output.WriteLine(Text($"record    struct {custom.Schema.StructName}, {custom.Schema.Size} bytes"));
        var fields = SchemaMessages.Describe(custom, new CommonFields(custom.Schema)).Fields;
        var width = fields.Select(field => field.Name.Length).DefaultIfEmpty().Max();
        var kindWidth = fields.Select(field => field.Kind.Length).DefaultIfEmpty().Max();
        foreach (var field in fields)
        {
            var common = field.Common ? "a field of every event" : field.Doc;
            output.WriteLine($"          {field.Name.PadRight(width)}  {field.Kind.PadRight(kindWidth)}  {field.CType}{(common.Length == 0 ? "" : $"  {common}")}");
        }
    }

    private static string? ProblemOf(CustomObject custom, SettingValues settings)
    {
        try
        {
            CustomPolicy.Of(settings).Check(custom.Inspection);
            _ = new CustomMonitor(custom, CustomMonitors.TargetsOf(settings, custom.Name));
            return null;
        }
        catch (MonitorLoadException failure)
        {
            return $"no: {failure.Message}";
        }
    }

    private static string? RefusalOf(CustomObject custom)
    {
        try
        {
            using var bpf = custom.Open();
            bpf.Load();
            return null;
        }
        catch (BpfException failure)
        {
            return failure.ErrnoName is "EPERM" or "EACCES" && !Environment.IsPrivilegedProcess
                ? $"not asked: that needs root, or CAP_BPF and CAP_PERFMON ({failure.ErrnoName})"
                : $"refuses it: {failure.Message}{(failure.VerifierLog is { Length: > 0 } log ? $"\n{log}" : "")}";
        }
    }

    private static string List(IEnumerable<string> names) => names.Distinct().ToList() is { Count: > 0 } list ? string.Join(", ", list) : "nothing";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
