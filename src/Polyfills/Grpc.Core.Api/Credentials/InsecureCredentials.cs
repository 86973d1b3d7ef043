namespace Grpc.Core;

/// <summary>No security: cleartext.</summary>
/// <remarks>The client puts the name of this type into its messages.</remarks>
internal sealed class InsecureCredentials : ChannelCredentials
{
    // Allowed here; a channel refuses it unless it is told that tokens may go over the wire in the clear.
    internal override bool IsComposable => true;

    public override void InternalPopulateConfiguration(
        ChannelCredentialsConfiguratorBase configurator, object? state) =>
        configurator.SetInsecureCredentials(state);
}
