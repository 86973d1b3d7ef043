using System.Collections.Frozen;

namespace Monitor.Bpf.Schema;

/// <summary>A typedef of bpf/include/monitor.h that says what a field means.</summary>
/// <param name="Name">The typedef.</param>
/// <param name="Kind">Its meaning.</param>
/// <param name="Size">Bytes that it must have.</param>
/// <param name="IsSigned">For numbers: whether it must have a sign.</param>
internal sealed record TypeMeaning(string Name, FieldKind Kind, int Size, bool IsSigned = false)
{
    private static readonly FrozenDictionary<string, TypeMeaning> All = new TypeMeaning[]
    {
        new("nanoseconds_t", FieldKind.Duration, 8),
        new("boot_time_t", FieldKind.Time, 8),
        new("ipv4_address_t", FieldKind.Ipv4, 4),
        new("ip_address_t", FieldKind.Ip, 16),
        new("port_number_t", FieldKind.Port, 2),
        new("network_port_t", FieldKind.NetworkPort, 2),
        new("kernel_symbol_t", FieldKind.KernelSymbol, 8),
        new("kernel_stack_t", FieldKind.KernelStack, 4, IsSigned: true),
        new("error_number_t", FieldKind.ErrorNumber, 4, IsSigned: true),
    }.ToFrozenDictionary(m => m.Name);

    /// <summary>Null for any other name.</summary>
    internal static TypeMeaning? Of(string? typedef) => typedef is null ? null : All.GetValueOrDefault(typedef);

    /// <summary>What it must be, in words.</summary>
    internal string Requirement => Kind == FieldKind.Ip
        ? $"a structure of {Size} bytes"
        : $"a whole number of {Size} bytes {(IsSigned ? "with" : "without")} a sign";
}
