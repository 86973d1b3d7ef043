namespace Grpc.Core;

/// <summary>The server that a <see cref="VerifyPeerCallback"/> checks. Immutable.</summary>
public class VerifyPeerContext
{
    internal VerifyPeerContext(string targetName, string peerPem)
    {
        TargetName = targetName;
        PeerPem = peerPem;
    }

    /// <summary>The name that the channel asked for.</summary>
    public string TargetName { get; }

    /// <summary>The certificate of the server, in PEM.</summary>
    public string PeerPem { get; }
}
