//! What people read in the list of customers.

use client::texts;

texts! {
    code = "Code";
    email = "Email";
    last_change = "Last change";
    machines = "Machine limit";
    not_resumed(#) = "One of those you have selected is not suspended and stays as it is." | "{count} of those you have selected are not suspended and stay as they are.";
    not_suspended(#) = "One of those you have selected is suspended or closed already and stays as it is." | "{count} of those you have selected are suspended or closed already and stay as they are.";
    resume = "Resume";
    resume_many(#) = "Resume one customer?" | "Resume {count} customers?";
    resume_many_detail = "The people of these customers can sign in again at once.";
    resumed(#) = "One customer is active again." | "{count} customers are active again.";
    storage = "Storage limit, GB";
    suspend = "Suspend";
    suspend_many(#) = "Suspend one customer?" | "Suspend {count} customers?";
    suspend_many_detail = "Nobody of these customers can sign in to the portal, within a second. Usage is still recorded and running subscriptions are still billed. You can resume them at any time.";
    suspended(#) = "One customer is suspended." | "{count} customers are suspended.";
}
