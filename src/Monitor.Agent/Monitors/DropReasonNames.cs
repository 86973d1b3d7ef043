using Monitor.Bpf.Btf;

namespace Monitor.Agent.Monitors;

/// <summary>The running kernel's names of drop reasons. The numbers change between kernels, so they are this kernel's own.</summary>
internal static class DropReasonNames
{
    /// <summary>The upper half of a number is that of the subsystem whose reason it is; 0 is the core.</summary>
    public const uint SubsystemMask = 0xffff_0000;

    private const string CorePrefix = "SKB_DROP_REASON_", OtherCorePrefix = "SKB_";
    private const int SubsystemShift = 16;

    /// <summary>The core's reasons.</summary>
    public const string CoreEnum = "skb_drop_reason";

    /// <summary>Which number a subsystem has; see <see cref="SubsystemMask"/>.</summary>
    public const string SubsystemEnum = "skb_drop_reason_subsys";

    // A kernel has them in its own types where the subsystem is part of it and not a module.
    private static readonly string[] SubsystemReasonEnums = ["qdisc_drop_reason", "ovs_drop_reason", "mac80211_drop_reason"];

    /// <summary>Names by number. The number of a subsystem alone has that subsystem's name, for example "SUBSYS_OPENVSWITCH".
    /// Empty before 5.17.</summary>
    public static IEnumerable<(uint Number, string Name)> Of(KernelBtf kernel)
    {
        foreach (var reason in kernel.FindEnum(CoreEnum) ?? [])
        {
            yield return ((uint)reason.Value, Shorten(reason.Name));
        }

        foreach (var subsystem in (kernel.FindEnum(SubsystemEnum) ?? []).Where(subsystem => subsystem.Value > 0))
        {
            yield return ((uint)subsystem.Value << SubsystemShift, Shorten(subsystem.Name));
        }

        foreach (var reason in SubsystemReasonEnums.SelectMany(name => kernel.FindEnum(name) ?? []))
        {
            // These also have values that are no reasons of the subsystem: the core's, and where its own begin.
            if ((reason.Value & SubsystemMask) != 0 && (reason.Value & ~SubsystemMask) != 0)
            {
                yield return ((uint)reason.Value, Shorten(reason.Name));
            }
        }
    }

    /// <summary>The name without what all of the core's have in front.</summary>
    public static string Shorten(string name) =>
        name.StartsWith(CorePrefix, StringComparison.Ordinal) ? name[CorePrefix.Length..]
        : name.StartsWith(OtherCorePrefix, StringComparison.Ordinal) ? name[OtherCorePrefix.Length..]
        : name;
}
