using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Monitor.Sandbox.Interop;

namespace Monitor.Sandbox.Files;

/// <summary>
/// Takes all files but some from a thread, and from the images that it executes: Landlock (landlock(7)). Newer kernels also
/// take TCP ports, and signals to other processes. Descriptors that are open stay as they are.
/// </summary>
public sealed unsafe class FileRestriction : IDisposable
{
    // The version from which the kernel knows each of these.
    private const int Reparenting = 2, Truncating = 3, Ports = 4, Devices = 5, Scopes = 6;

    private readonly SafeFileHandle _ruleset;

    private FileRestriction(SafeFileHandle ruleset) => _ruleset = ruleset;

    /// <summary>Whether the kernel refuses this thread files: asked by listing the root folder, which every user may.</summary>
    public static bool IsInForce
    {
        get
        {
            try
            {
                _ = Directory.EnumerateFileSystemEntries("/").Any();
                return false;
            }
            catch (UnauthorizedAccessException)
            {
                return true;
            }
        }
    }

    /// <summary>Whether this kernel can refuse TCP ports.</summary>
    public static bool KnowsPorts => Landlock.Version() >= Ports;

    /// <summary>Describes to the kernel what is allowed. Nothing is restricted yet.</summary>
    /// <param name="options">What the program uses.</param>
    /// <exception cref="SandboxException">The kernel cannot do it.</exception>
    public static FileRestriction Prepare(RestrictionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Prepare(options, FileRules.Of(options));
    }

    internal static FileRestriction Prepare(RestrictionOptions options, IEnumerable<FileRule> rules)
    {
        var version = Landlock.Version();
        if (version <= 0)
        {
            throw new SandboxException(
                "using Landlock", Marshal.GetLastPInvokeError(), "Linux has it from 5.13 on, where the boot parameter lsm does not leave it out");
        }

        var attributes = new Landlock.RulesetAttributes
        {
            HandledFiles = (ulong)FilesOf(version),
            HandledPorts = version < Ports ? 0 : Landlock.AccessBindTcp | (options.Connects ? 0 : Landlock.AccessConnectTcp),
            Scoped = version < Scopes ? 0 : Landlock.ScopeAbstractUnixSocket | Landlock.ScopeSignal,
        };
        var descriptor = Landlock.CreateRuleset(&attributes);
        if (descriptor < 0)
        {
            throw SandboxException.FromLastError("making a set of Landlock rules");
        }

        var restriction = new FileRestriction(new SafeFileHandle(descriptor, ownsHandle: true));
        try
        {
            foreach (var rule in rules)
            {
                restriction.Allow(rule, FilesOf(version));
            }

            if (attributes.HandledPorts != 0)
            {
                restriction.AllowPorts(options.ListensAt);
            }

            return restriction;
        }
        catch
        {
            restriction.Dispose();
            throw;
        }
    }

    /// <summary>Binds the calling thread for good, and what it starts from then on. The kernel asks for no_new_privs.</summary>
    /// <returns>False where the kernel refused, and nothing is restricted.</returns>
    internal bool TryBindThread() =>
        Libc.prctl(Libc.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        && Landlock.RestrictSelf((int)_ruleset.DangerousGetHandle()) == 0;

    /// <summary>Lets go of the description. Who is bound stays so.</summary>
    public void Dispose() => _ruleset.Dispose();

    // All rights that this version knows: what is not named would be allowed.
    private static FileRights FilesOf(int version) => (FileRights)((1ul << version switch
    {
        < Reparenting => 13,
        < Truncating => 14,
        < Devices => 15,
        _ => 16,
    }) - 1);

    private void Allow(FileRule rule, FileRights known)
    {
        using var path = Libc.open(rule.Path, Libc.O_PATH | Libc.O_CLOEXEC);
        if (path.IsInvalid)
        {
            return;
        }

        var attributes = new Landlock.PathAttributes
        {
            Allowed = (ulong)(rule.Rights & known & (Directory.Exists(rule.Path) ? ~(FileRights)0 : FileRights.OfFiles)),
            Parent = (int)path.DangerousGetHandle(),
        };
        if (Landlock.AddPath((int)_ruleset.DangerousGetHandle(), &attributes) != 0)
        {
            throw SandboxException.FromLastError($"allowing {rule.Path}");
        }
    }

    private void AllowPorts(IEnumerable<int> ports)
    {
        foreach (var port in ports)
        {
            var attributes = new Landlock.PortAttributes { Allowed = Landlock.AccessBindTcp, Port = (ulong)port };
            if (Landlock.AddPort((int)_ruleset.DangerousGetHandle(), &attributes) != 0)
            {
                throw SandboxException.FromLastError($"allowing port {port}");
            }
        }
    }
}
