using System.Buffers;

namespace Monitor.Kubernetes.Cgroups;

/// <summary>Digits of ids: kubelet and runtimes write small ones only.</summary>
internal static class Hexadecimal
{
    public static SearchValues<char> Digits { get; } = SearchValues.Create("0123456789abcdef");
}
