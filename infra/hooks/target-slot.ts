/**
 * azd deploys to one slot at a time and asks which, unless this variable says so
 * (learn.microsoft.com/azure/developer/azure-developer-cli/app-service-slots). The first deployment goes to production,
 * since there is nothing to swap with yet; then the same build goes to staging, and from then on nothing else.
 */
export const TARGET_SLOT = 'AZD_DEPLOY_AGENT_SLOT_NAME'
