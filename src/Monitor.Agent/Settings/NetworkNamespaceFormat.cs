using System.Globalization;
using Monitor.Bpf.Kernel;
using Monitor.Server.Settings;

namespace Monitor.Agent.Settings;

/// <summary>A network namespace: inode number, name of <c>ip netns</c>, or path.</summary>
internal sealed class NetworkNamespaceFormat : ValueFormat<uint>
{
    private const string NamedNamespaces = "/run/netns";

    public override string ValueName => "NAMESPACE";

    public override string Expected =>
        "the inode number of a network namespace (readlink /proc/PID/ns/net), a name that `ip netns` lists, or a path";

    public override bool TryParse(string text, out uint value)
    {
        if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value))
        {
            return value != 0;
        }

        var path = text.Contains('/', StringComparison.Ordinal) ? text : $"{NamedNamespaces}/{text}";
        if (text.Length == 0 || text.Contains('\0', StringComparison.Ordinal) || Inode.Of(path) is not { } inode)
        {
            return false;
        }

        value = (uint)inode;
        return true;
    }
}
