using System.Collections.Frozen;
using System.Globalization;
using Monitor.Bpf.Btf;

namespace Monitor.Bpf.Schema;

/// <summary>Names of the kernel's helpers, from its own list of them.</summary>
internal static class HelperNames
{
    private const string Prefix = "BPF_FUNC_";

    // Some 200 names, of a file of 6 MB that is let go.
    private static readonly Lazy<FrozenDictionary<long, string>> Known = new(Read);

    /// <summary>Such as bpf_map_lookup_elem; "helper 999" where the kernel has none of that number.</summary>
    internal static string Of(int number) =>
        Known.Value.TryGetValue(number, out var name) ? name : string.Create(CultureInfo.InvariantCulture, $"helper {number}");

    private static FrozenDictionary<long, string> Read()
    {
        try
        {
            return (KernelBtf.TryOpen()?.FindEnum("bpf_func_id") ?? [])
                .Where(v => v.Name.StartsWith(Prefix, StringComparison.Ordinal))
                .DistinctBy(v => v.Value)
                .ToFrozenDictionary(v => v.Value, v => $"bpf_{v.Name[Prefix.Length..]}");
        }
        catch (BpfException)
        {
            // Types in a form that this library does not know: numbers have to do.
            return FrozenDictionary<long, string>.Empty;
        }
    }
}
