using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using Monitor.Agent.Custom;
using Monitor.Agent.Loading;
using Monitor.Bpf.Attaching;
using Monitor.Bpf.Kernel;
using Monitor.Server.Settings;

namespace Monitor.Agent;

/// <summary>Formats of settings that only the agent has.</summary>
internal static class AgentFormats
{
    private const string NamedNamespaces = "/run/netns";

    /// <summary>A network namespace: inode number, name of <c>ip netns</c>, or path.</summary>
    public static ValueFormat<uint> NetworkNamespace { get; } = new(
        "NAMESPACE",
        "the inode number of a network namespace (readlink /proc/PID/ns/net), a name that `ip netns` lists, or a path",
        TryParseNetworkNamespace);

    /// <summary>A cgroup (v2) by its folder.</summary>
    public static ValueFormat<CgroupReference> Cgroup { get; } = new(
        "CGROUP",
        "the folder of a cgroup below the cgroup2 mount of the whole machine, such as /sys/fs/cgroup/system.slice",
        TryParseCgroup);

    /// <summary>A network of addresses.</summary>
    public static ValueFormat<IPNetwork> Network { get; } = new(
        "NETWORK",
        "a network as its first address and the length of its prefix, such as 203.0.113.0/24 or 2001:db8::/32",
        static (string text, out IPNetwork value) => IPNetwork.TryParse(text, out value));

    /// <summary>A part of a whole, as 0 to 100.</summary>
    public static ValueFormat<double> Percent { get; } = new(
        "PERCENT",
        "0% to 100%",
        static (string text, out double value) => double.TryParse(
            text.EndsWith('%') ? text[..^1] : text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value)
            && value <= 100);

    /// <summary>A folder.</summary>
    public static ValueFormat<string> ExistingFolder { get; } = new(
        "FOLDER",
        "the path of a folder that exists",
        static (string text, [MaybeNullWhen(false)] out string value) =>
        {
            value = text.Trim();
            return Directory.Exists(value);
        });

    /// <summary>A file with a public key that <see cref="MonitorKey"/> knows; its path.</summary>
    public static ValueFormat<string> SigningKey { get; } = new(
        "FILE",
        "the path of a public key of minisign, or of an Ed25519 key in PEM",
        TryParseSigningKey)
    { IsFile = true };

    /// <summary>Which network interface a program attaches to.</summary>
    public static ValueFormat<KeyValuePair<string, string>> AttachTarget { get; } = new(
        "MONITOR.PROGRAM=INTERFACE",
        "MONITOR.PROGRAM=INTERFACE, such as my_drops.on_ingress=eth0",
        TryParseAttachTarget);

    private static bool TryParseSigningKey(string text, [MaybeNullWhen(false)] out string value)
    {
        value = text;
        try
        {
            MonitorKey.Parse(File.ReadAllText(text));
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException or ArgumentException)
        {
            return false;
        }
    }

    private static bool TryParseAttachTarget(string text, out KeyValuePair<string, string> value)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        value = at < 0 ? default : new KeyValuePair<string, string>(text[..at].Trim(), text[(at + 1)..].Trim());
        return at > 0 && value.Value.Length > 0 && value.Key.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && dot < value.Key.Length - 1;
    }

    private static bool TryParseNetworkNamespace(string text, out uint value)
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

    private static bool TryParseCgroup(string text, [MaybeNullWhen(false)] out CgroupReference value)
    {
        value = null;
        if (text.Length == 0 || text.Contains('\0', StringComparison.Ordinal) || CgroupMount.Find() is not { } mount
            // A mount that starts below the root does not tell how deep its cgroups are.
            || !mount.IsHierarchyRoot)
        {
            return false;
        }

        // A slash at the end would count as a level.
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(
            text.StartsWith(mount.Path, StringComparison.Ordinal) ? text : Path.Join(mount.Path, text.TrimStart('/'))));
        var below = Path.GetRelativePath(mount.Path, path);
        if (below.StartsWith("..", StringComparison.Ordinal) || !Directory.Exists(path) || Inode.Of(path) is not { } inode)
        {
            return false;
        }

        value = new CgroupReference(inode, below == "." ? 0u : (uint)below.Split('/').Length);
        return true;
    }
}
