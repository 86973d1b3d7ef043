using Monitor.Agent.Custom;
using Monitor.Agent.Tests.Kernel;

namespace Monitor.Agent.Tests.Custom;

/// <summary>A folder that is mounted as the kubelet mounts a ConfigMap: read-only, mode 0777, each version in a folder of its own.</summary>
internal sealed class ConfigMapVolume : IDisposable
{
    private readonly string _target;
    private int _version;

    public ConfigMapVolume(string target)
    {
        _target = target;
        Command.Run("chmod", "777", Source);
        Command.Run("mount", "--bind", Source, target);
        Command.Run("mount", "-o", "remount,bind,ro", target);
    }

    /// <summary>The folder as the kubelet writes to it.</summary>
    public string Source { get; } = Directory.CreateTempSubdirectory("configmap").FullName;

    /// <summary>Replaces all that is in it by one object, at once.</summary>
    public void Write(string name, byte[] content, string mode = "644")
    {
        var version = $"..version_{++_version}";
        var file = name + CustomObject.Extension;
        Directory.CreateDirectory(Path.Combine(Source, version));
        File.WriteAllBytes(Path.Combine(Source, version, file), content);
        FollowedFolder.Settle(Path.Combine(Source, version, file));
        Command.Run("chmod", mode, Path.Combine(Source, version, file));
        File.CreateSymbolicLink(Path.Combine(Source, "..data_tmp"), version);
        Command.Run("mv", "-T", Path.Combine(Source, "..data_tmp"), Path.Combine(Source, "..data"));
        if (_version == 1)
        {
            File.CreateSymbolicLink(Path.Combine(Source, file), Path.Combine("..data", file));
        }
        else
        {
            Directory.Delete(Path.Combine(Source, $"..version_{_version - 1}"), recursive: true);
        }
    }

    public void Dispose()
    {
        Command.Run("umount", "-l", _target);
        Directory.Delete(Source, recursive: true);
    }
}
